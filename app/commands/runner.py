"""Runs one headless command on its own event loop and turns what goes wrong into a sentence and an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from argparse import Namespace
from collections.abc import Awaitable, Callable

from app.commands.failures import CommandFailed, find_exit_code
from app.commands.output import prepare_output, report_line
from app.config.configuration import Configuration

#: Commands whose own output tells what is unwise in the configuration; for the engine, the window does.
_REPORT_THEMSELVES = frozenset({"doctor", "engine"})

Command = Callable[[Namespace, Configuration], Awaitable[int]]


def run_headless(arguments: Namespace, configuration: Configuration) -> int:
    """Run the command that `arguments` name and return its exit code."""
    prepare_output()
    if arguments.command not in _REPORT_THEMSELVES:
        for warning in configuration.warnings:
            report_line(f"sentinelaura: {warning}")
    try:
        return asyncio.run(_run(find_command(arguments.command), arguments, configuration))
    except BaseException as error:  # the edge of the process: KeyboardInterrupt as well has its exit code
        code = find_exit_code(error)
        if code is None:
            raise
        _report_failure(error)
        return code


async def _run(command: Command, arguments: Namespace, configuration: Configuration) -> int:
    """Run the command; SIGTERM ends it in order, as Ctrl-C does. A command may take the signal over."""
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):  # Windows has no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await command(arguments, configuration)


def _report_failure(error: BaseException) -> None:
    """Report what went wrong; who has stopped the command or closed its output knows, and their errors are empty."""
    if reason := str(error):
        report_line(f"sentinelaura: {reason}")
    if isinstance(error, CommandFailed):
        for detail in error.details:
            report_line(f"- {detail}")


def find_command(name: str) -> Command:
    """Return what performs a command, and import nothing of the others. Raises: LookupError for one without a line."""
    if name == "engine":
        from app.commands.engine import serve_window

        return serve_window
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
    return _find_quiet_command(name)


def _find_quiet_command(name: str) -> Command:
    """As `find_command`, of those that run no engine."""
    if name == "migrations":
        from app.commands.migrations import run_migrations

        return run_migrations
    if name == "stop":
        from app.commands.stop import run_stop

        return run_stop
    if name == "ledger":
        from app.commands.ledger import run_ledger

        return run_ledger
    if name == "config":
        from app.commands.config import run_config

        return run_config
    if name == "keys":
        from app.commands.keys import run_keys

        return run_keys
    if name == "contexts":
        from app.commands.contexts import run_contexts

        return run_contexts
    if name == "egress":
        from app.commands.egress import run_egress

        return run_egress
    if name == "doctor":
        from app.commands.doctor import run_doctor

        return run_doctor
    if name == "prices":
        from app.commands.prices import run_prices

        return run_prices
    raise LookupError(f"nothing performs the command {name!r}")
