"""Reads the configuration file and the environment for `configuration.py`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from app.configuration import (
    ENVIRONMENT_PREFIX,
    Configuration,
    ConfigurationError,
    resolve_configuration,
)

#: Names the configuration file, where `--config` does not.
CONFIG_VARIABLE = f"{ENVIRONMENT_PREFIX}CONFIG"


def default_configuration_path() -> Path:
    """The file that is read when nobody names one; it need not exist."""
    from platformdirs import user_config_path

    return user_config_path("sentinelaura") / "config.toml"


def load_configuration(arguments: argparse.Namespace) -> Configuration:
    """Join the file, the environment and the flags in `arguments`.

    Raises: ConfigurationError for a named file that cannot be read or any value that is not allowed.
    """
    named = getattr(arguments, "config", None) or os.environ.get(CONFIG_VARIABLE)
    path = Path(named) if named else default_configuration_path()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if named:
            raise ConfigurationError(f"the configuration file {path} does not exist") from None
        text = None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the configuration file {path} cannot be read: {error}") from error
    return resolve_configuration(text, str(path), os.environ, vars(arguments))
