"""A person confirms something grave by the workload's name: typed, or given with the command."""

from __future__ import annotations

import asyncio
import sys

from app.commands.failures import CommandFailed
from app.commands.output import write_aside
from app.exit_codes import ExitCode
from controller.reasons import Code


async def confirm_by_name(name: str, act: str, given: str | None) -> None:
    """Have a person type the name. Raises: CommandFailed where they do not.

    Args:
        act: what it confirms, after "to".
        given: what was given with the command; None: it is asked for.
    """
    if given is None:
        write_aside(f"type {name} to {act}:")
        given = (await asyncio.to_thread(sys.stdin.readline)).strip()
    if given != name:
        raise CommandFailed(ExitCode.REFUSED, Code.ACT_NOT_CONFIRMED.because(name=name))
