"""How a command ends that could not do what was asked: a sentence for a person and a code for a shell."""

from __future__ import annotations

import asyncio

from app.commands.output import OutputFailed
from app.exit_codes import ExitCode
from controller.errors import ControllerError, KubeconfigError
from oracle.errors import KeyRingError, OracleError, PriceFileError, StoreUrlError
from oracle.foundation.reason import Reason

_CODES: tuple[tuple[tuple[type[BaseException], ...], ExitCode], ...] = (
    ((KeyboardInterrupt, asyncio.CancelledError), ExitCode.INTERRUPTED),
    ((KubeconfigError, KeyRingError, PriceFileError, StoreUrlError), ExitCode.BAD_INPUT),
    ((ControllerError, OracleError, OutputFailed, OSError), ExitCode.FAILED),
)


class CommandFailed(Exception):
    """A command ends without having done what was asked.

    Its message is the sentence, which is the reason's own unless a command says more. `reason` is None where the
    sentence has no code; `details` are further sentences, one a line.
    """

    def __init__(
        self,
        code: ExitCode,
        why: Reason | str,
        details: tuple[str, ...] = (),
        *,
        reason: Reason | None = None,
    ) -> None:
        self.code = code
        self.reason = why if isinstance(why, Reason) else reason
        self.details = details
        super().__init__(str(why))


def find_reason(error: BaseException) -> Reason | None:
    """Return the reason of an error that has one; None where only its message says why."""
    return error.reason if isinstance(error, (CommandFailed, ControllerError, OracleError)) else None


def find_exit_code(error: BaseException) -> ExitCode | None:
    """Return the code for an error that was foreseen; None for a fault of our own, whose traceback is wanted."""
    if isinstance(error, CommandFailed):
        return error.code
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), None)
