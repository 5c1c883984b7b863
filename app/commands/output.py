"""Where a headless command speaks: what was asked for on standard output, everything else on standard error."""

from __future__ import annotations

import io
import logging
import os
import sys

from oracle.foundation.untrusted_text import clean_text, plain_lines

#: Longest message about something that is wrong, in characters; one that lists the names of a cluster may be long.
MAX_MESSAGE_CHARACTERS = 2000


class OutputFailed(Exception):
    """Standard output takes nothing more. No message where its reader has gone: there is nobody who asks."""

    def __init__(self, error: OSError) -> None:
        is_unread = isinstance(error, BrokenPipeError)
        super().__init__("" if is_unread else f"standard output cannot be written: {error.strerror or error}")


class PlainFormatter(logging.Formatter):
    """Writes what is logged without whatever could steer a terminal: errors tell the names that clusters chose."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter; a traceback has several lines."""
        return plain_lines(super().format(record))


def prepare_logging() -> None:
    """Let what is logged go to standard error as plain text."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(PlainFormatter())


def prepare_output() -> None:
    """Let a terminal that lacks a sign of ours show its number: a minus that became `?` would change the sum."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def write_output(text: str) -> None:
    """Write lines to standard output as plain text, and see them out. Raises: OutputFailed."""
    try:
        print(plain_lines(text), flush=True)
    except OSError as error:
        _discard_output()
        raise OutputFailed(error) from error


def report_line(text: str) -> None:
    """Write one line to standard error, without whatever could steer a terminal."""
    write_aside(clean_text(text, MAX_MESSAGE_CHARACTERS))


def write_aside(line: str) -> None:
    """Write a line of columns to standard error; it is lost where nobody listens."""
    try:
        print(plain_lines(line), file=sys.stderr, flush=True)
    except OSError:
        pass  # there is no third place to say it


def _discard_output() -> None:
    """Let what is left in the buffers go nowhere: Python tries once more at its end, and would complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
