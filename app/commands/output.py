"""Where a headless command speaks: what was asked for on standard output, everything else on standard error."""

from __future__ import annotations

import io
import os
import sys

from oracle.foundation.untrusted_text import clean_text

#: Longest message about something that is wrong, in characters; one that lists the names of a cluster may be long.
MAX_MESSAGE_CHARACTERS = 2000


class OutputFailed(Exception):
    """Standard output takes nothing more. No message where its reader has gone: there is nobody who asks."""

    def __init__(self, error: OSError) -> None:
        is_unread = isinstance(error, BrokenPipeError)
        super().__init__("" if is_unread else f"standard output cannot be written: {error.strerror or error}")


def prepare_output() -> None:
    """Let a terminal that lacks a sign of ours show its number: a minus that became `?` would change the sum."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def write_output(text: str) -> None:
    """Write lines to standard output and see them out. Raises: OutputFailed."""
    try:
        print(text, flush=True)
    except OSError as error:
        _discard_output()
        raise OutputFailed(error) from error


def report_line(text: str) -> None:
    """Write one line to standard error, without whatever could steer a terminal."""
    write_aside(clean_text(text, MAX_MESSAGE_CHARACTERS))


def write_aside(line: str) -> None:
    """Write a line that is plain already to standard error; it is lost where nobody listens."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        pass  # there is no third place to say it


def _discard_output() -> None:
    """Let what is left in the buffers go nowhere: Python tries once more at its end, and would complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
