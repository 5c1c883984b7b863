"""Where the settings of the window live: one small JSON file in the person's configuration folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from app.config.configuration_reasons import ConfigurationCode
from app.config.errors import ConfigurationError
from app.config.window_settings import Settings, format_settings, parse_settings
from oracle.foundation.reason import Reason
from oracle.foundation.trust_reasons import TrustCode


def default_settings_path() -> Path:
    """Return the file for the person who runs the program."""
    from platformdirs import user_config_path  # 10 ms of import that tests and other callers do not need

    return user_config_path("sentinelaura") / "window.json"


def load_settings(path: Path) -> tuple[Settings, Reason | None]:
    """Return the settings in `path`, and what is wrong with the file where it had to be passed over.

    A missing file is not wrong. The broken file stays where it is until the window is closed the next time.
    """
    try:
        return parse_settings(path.read_text(encoding="utf-8"), str(path)), None
    except FileNotFoundError:
        return Settings(), None
    except ConfigurationError as error:
        return Settings(), ConfigurationCode.WINDOW_DEFAULTS.because(problem=error.reason)
    except (OSError, UnicodeDecodeError) as error:
        problem = TrustCode.FILE_UNREADABLE.because(path=str(path), error=str(error))
        return Settings(), ConfigurationCode.WINDOW_DEFAULTS.because(problem=problem)


def save_settings(path: Path, settings: Settings) -> None:
    """Write `settings` to `path` at once or not at all. Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".window-", suffix=".json")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(format_settings(settings))
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
