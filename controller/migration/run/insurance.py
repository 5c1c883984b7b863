"""The insurance as it is performed: raise the source alone, then wait for the target.

The only writes are to the source, and the seal of a target that answers again. When it begins stands in `hold.py`, what
ends it in `protocol/insurance.py`.
"""

from __future__ import annotations

from controller.errors import ControllerError
from controller.migration.protocol.errors import HoldNeeded, Interrupted, LeaseLost, NewerWorkFound
from controller.migration.protocol.insurance import Return, goes_back
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import require_present
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import Event, EventKind
from controller.migration.protocol.verdicts import Outdated, Reached, Verdict
from controller.migration.run.tools import Tools
from controller.migration.run.waves import count_restarts
from oracle.foundation.reason import Reason


async def raise_source(tools: Tools) -> None:
    """Return when the source has been asked for all that it began with, or for more by somebody else.

    Raises: HoldNeeded, LeaseLost, LeaseUncertain; ClusterError when the patience with the source is over.
    """
    wanted = tools.record.state.source_replicas

    def permit(source: DeploymentFacts, _: DeploymentFacts | None) -> Verdict:
        return Reached() if source.replicas < wanted else Outdated()

    await tools.writer.seal((Side.SOURCE,))
    await tools.writer.scale(Side.SOURCE, wanted, permit, alone=True)


async def insure(tools: Tools) -> Event:
    """Raise the source, and return what ends the insurance. No failure does: it is said, and tried again."""
    why, is_raised, seen = tools.record.state.reason, False, Return()
    while True:
        obstacle: Reason | None = None
        try:
            if not is_raised:
                await raise_source(tools)
                is_raised = True
            tools.journal.require_rights()
            await tools.reader.read_once(Side.SOURCE)
            found = await tools.reader.read_once(Side.TARGET)
            tools.journal.check()
            if goes_back(tools.record):
                return Event(EventKind.TARGET_BACK, why)
            require_present(found, tools.record, Side.TARGET)
            if not seen.is_sealed:
                await tools.writer.seal((Side.TARGET,))
                seen = Return(is_sealed=True)
            seen, ended = await _look_at_target(tools, seen)
            if ended is not None:
                return ended
        except (LeaseLost, Interrupted, NewerWorkFound):
            raise
        except HoldNeeded as held:
            obstacle, seen = held.reason, Return(seen.is_sealed)
        except ControllerError as error:
            obstacle, seen = error.reason, Return()
        if (reason := obstacle or why) is not None:
            tools.journal.describe(reason)
        await tools.timing.sleep(tools.settings.poll_s if obstacle is None else tools.settings.lease_retry_s)


async def _look_at_target(tools: Tools, seen: Return) -> tuple[Return, Event | None]:
    """Take one look at a target that answers. Raises: HoldNeeded where it is not as it was left."""
    target = await tools.read_untouched(Side.TARGET)
    restarts = await count_restarts(tools, target, target.replicas)
    now = tools.timing.counting()
    seen = seen.look(restarts, now, tools.settings)
    why = None if restarts is not None else await tools.reader.ask_why(Side.TARGET, target)
    return seen, seen.judge(tools.record, target, tools.settings, now, why)
