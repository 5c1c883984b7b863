"""`sentinelaura config show`: every setting, its value and where the value came from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from urllib.parse import urlsplit

from app.commands.output import write_output
from app.configuration import Configuration
from app.exit_codes import ExitCode
from app.formatting import plain_text


async def run_config(arguments: Namespace, configuration: Configuration) -> int:
    """Print the table; a password in a URL is not shown."""
    for name, origin in configuration.origins.items():
        write_output(f"{name:<24}{_display(getattr(configuration, name)):<40}{plain_text(origin)}")
    for name, override in configuration.contexts.items():
        said = ", ".join(
            f"{key}={getattr(override, key)}" for key in override.__slots__ if getattr(override, key)
        )
        write_output(plain_text(f"contexts.{name}: {said}"))
    return ExitCode.OK


def _display(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        return "; ".join(f"{plain_text(name)}: {_display(entry)}" for name, entry in value.items()) or "-"
    text = ", ".join(sorted(value)) or "-" if isinstance(value, frozenset) else str(value)
    if "://" not in text:
        return plain_text(text)
    url = urlsplit(text)
    query = "?***" if url.query else ""  # it may hold a password as well
    place = f"***@{url.netloc.rpartition('@')[2]}" if url.password else url.netloc
    return plain_text(f"{url.scheme}://{place}{url.path}{query}")
