"""Takes a move that waits for its turn out of the queues of this person's processes: no journal speaks of it."""

from __future__ import annotations

from argparse import Namespace

from app.commands.failures import CommandFailed
from app.commands.migration_report import MigrationReport
from app.commands.output import write_output
from app.control.asking import ask_all
from app.control.messages import Ask, Request
from app.control.peer import has_sockets
from app.exit_codes import ExitCode
from controller.clusters.fleet import WorkloadKey
from controller.migration.protocol.request_reasons import RequestCode
from oracle.foundation.reason import Reason


def names_workload(text: str) -> bool:
    """Whether a person has named a workload, CONTEXT/NAMESPACE/NAME, and not a migration by its id."""
    try:
        WorkloadKey.parse(text)
    except ValueError:
        return False
    return True


async def take_out(arguments: Namespace) -> int:
    """Take the moves of one workload out of every queue, and say of which. Raises: CommandFailed."""
    report = MigrationReport(arguments.json)
    try:
        reason = await _ask(arguments.id)
    except CommandFailed as error:
        report.show_failure(error)
        raise
    if not arguments.json:
        write_output(str(reason))
    report.show_end(ExitCode.OK, str(reason), reason)
    return ExitCode.OK


async def _ask(workload: str) -> Reason:
    """Return who has let go of it. Raises: CommandFailed where nobody has."""
    if not has_sockets():
        raise CommandFailed(ExitCode.REFUSED, RequestCode.NO_SOCKETS.because())
    instances = await ask_all(Request(Ask.TAKE_OUT, workload=workload))
    done = tuple(f"process {one.pid}" for one in instances if one.answer is not None and one.answer.is_done)
    if done:
        return RequestCode.LEFT_QUEUE.because(processes=done, workload=workload)
    if silent := [one.pid for one in instances if one.answer is None]:
        raise CommandFailed(ExitCode.INCOMPLETE, RequestCode.NO_ANSWER.because(pid=silent[0]))
    raise CommandFailed(ExitCode.BAD_INPUT, RequestCode.NOT_QUEUED.because(workload=workload))
