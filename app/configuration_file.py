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
from controller.clusters.trusted_file import UntrustedFile, read_trusted

#: Names the configuration file, where `--config` does not.
CONFIG_VARIABLE = f"{ENVIRONMENT_PREFIX}CONFIG"
#: Largest configuration file that is read. A thousand contexts with all that can be said of them take 200 KB.
MAX_CONFIGURATION_BYTES = 1024 * 1024


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
    return resolve_configuration(_read(path, bool(named)), str(path), os.environ, vars(arguments))


def _read(path: Path, is_required: bool) -> str | None:
    """It says which programs may run, so that nobody else may be able to write it."""
    if not os.path.lexists(path):
        if is_required:
            raise ConfigurationError(f"the configuration file {path} does not exist")
        return None
    try:
        return read_trusted(path, MAX_CONFIGURATION_BYTES).decode("utf-8-sig")
    except UntrustedFile as error:
        raise ConfigurationError(f"the configuration file {error}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"the configuration file {path}: line {line}: it is not text in UTF-8"
        ) from None
