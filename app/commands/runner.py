"""Runs one headless command on its own event loop and turns what goes wrong into a sentence and an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable

from app.configuration import Configuration
from app.exit_codes import ExitCode

_Command = Callable[[Namespace, Configuration], Awaitable[int]]


def run_headless(arguments: Namespace, configuration: Configuration) -> int:
    """Run the command that `arguments` name and return its exit code."""
    from controller.errors import ControllerError, KubeconfigError
    from oracle.errors import OracleError, RecordingError, StoreUrlError

    command = _find_command(arguments.command)
    try:
        return asyncio.run(_run(command, arguments, configuration))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return ExitCode.INTERRUPTED
    except (KubeconfigError, RecordingError, StoreUrlError) as error:
        return _fail(error, ExitCode.BAD_INPUT)
    except (ControllerError, OracleError) as error:
        return _fail(error, ExitCode.FAILED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; there is nobody left to tell
        return ExitCode.FAILED


async def _run(command: _Command, arguments: Namespace, configuration: Configuration) -> int:
    """Run the command; SIGTERM ends it in an orderly way, as Ctrl-C does. A command may take the signal over."""
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):  # Windows has no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await command(arguments, configuration)


def _fail(error: Exception, code: ExitCode) -> int:
    print(f"sentinelaura: {error}", file=sys.stderr)
    return code


def _find_command(name: str) -> _Command:
    if name == "engine":
        from app.commands.engine import run_engine

        return run_engine
    if name == "oracle":
        from app.commands.oracle import run_oracle

        return run_oracle
    if name == "operator":
        from app.commands.operator import run_operator

        return run_operator
    if name == "plan":
        from app.commands.plan import run_plan

        return run_plan
    if name == "migrate":
        from app.commands.migrate import run_migrate

        return run_migrate
    from app.commands.doctor import run_doctor

    return run_doctor
