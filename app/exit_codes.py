"""What the exit code of every command means. Pure."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1
    BAD_INPUT = 2
    REFUSED = 3
    INCOMPLETE = 4
    ROLLED_BACK = 5
    INTERRUPTED = 130


_MEANINGS = {
    ExitCode.OK: "done as asked",
    ExitCode.FAILED: "an unexpected failure, no display for the window, or doctor or ledger found something broken",
    ExitCode.BAD_INPUT: "bad arguments, configuration, kubeconfig, key ring or prices file; nothing was started",
    ExitCode.REFUSED: "the move does not pay, is not possible or is not armed; nothing was changed",
    ExitCode.INCOMPLETE: "no full picture of prices and clusters in time, or not everybody has answered",
    ExitCode.ROLLED_BACK: "the migration did not finish; what it changed was rolled back or is held",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C or a signal",
}


def describe_exit_codes() -> str:
    """Return the table that every `--help` ends with."""
    lines = (f"  {code.value:<5}{_MEANINGS[code]}" for code in ExitCode)
    return "exit codes:\n" + "\n".join(lines)
