"""Reads the configuration file, the file of a password and the environment for `layers.py`.

A configuration can name programs to run, so that a file which anybody may change is not believed.
"""

from __future__ import annotations

import argparse
import os
import stat
from dataclasses import replace
from pathlib import Path

from app.config.catalogue import get_value, list_settings
from app.config.configuration import Configuration
from app.config.configuration_reasons import ConfigurationCode
from app.config.errors import FileRefused
from app.config.layers import CONFIG_VARIABLE, resolve_configuration
from oracle.foundation.trusted_file import UntrustedFile, read_trusted

#: Largest configuration file. Arbitrary: a thousand contexts need a tenth of it.
MAX_FILE_BYTES = 1024 * 1024
MAX_PASSWORD_BYTES = 4096


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
    text = _read_text(path, is_required=bool(named))
    given = vars(arguments)
    flags = {
        one.name: given[one.destination]
        for one in list_settings(Configuration)
        if one.flag is not None and one.destination in given
    }
    configuration = resolve_configuration(text, str(path), os.environ, flags, given.get("set") or ())
    return _read_password(_warn_of_readers(configuration, path))


def _read_text(path: Path, *, is_required: bool) -> str | None:
    """Return what the file says. It names programs that may run, so that nobody else may be able to write it."""
    if path.is_char_device():  # /dev/null, for no file at all
        return None
    if not os.path.lexists(path):
        if is_required:
            raise FileRefused(ConfigurationCode.FILE_MISSING.because(place=str(path)))
        return None
    data = _read_bytes(path, MAX_FILE_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileRefused(ConfigurationCode.NO_UTF8.because(place=f"{path}, line {line}")) from error


def _read_bytes(path: Path, limit: int) -> bytes:
    """Return a file's content. Raises: FileRefused."""
    try:
        return read_trusted(path, limit)
    except UntrustedFile as error:
        raise FileRefused(ConfigurationCode.FILE_REFUSED.because(problem=error.reason)) from error


def _is_read_by_others(path: Path) -> bool:
    return os.name == "posix" and bool(path.stat().st_mode & stat.S_IROTH)


def _warn_of_readers(configuration: Configuration, path: Path) -> Configuration:
    """Say that others can read what the file holds of secrets."""
    secrets = [
        one.name
        for one in list_settings(Configuration)
        if one.is_secret
        and configuration.origins[one.name].startswith(str(path))
        and one.declaration.mask is not None
        and "***" in one.declaration.mask(get_value(configuration, one.path) or "")
    ]
    return _warn(configuration, path) if secrets and _is_read_by_others(path) else configuration


def _read_password(configuration: Configuration) -> Configuration:
    """Take the password of the store from its file."""
    name = configuration.oracle.redis_password_file
    if name is None:
        return configuration
    path = Path(name)
    try:
        password = _read_bytes(path, MAX_PASSWORD_BYTES).decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise FileRefused(ConfigurationCode.NO_UTF8.because(place=str(path))) from None
    if not password or not password.isprintable():
        raise FileRefused(ConfigurationCode.PASSWORD_FILE_WRONG.because(place=str(path)))
    read = replace(configuration, oracle=replace(configuration.oracle, redis_password=password))
    return _warn(read, path) if _is_read_by_others(path) else read


def _warn(configuration: Configuration, path: Path) -> Configuration:
    warning = ConfigurationCode.SECRET_READABLE.because(path=str(path))
    return replace(configuration, warnings=(*configuration.warnings, warning))
