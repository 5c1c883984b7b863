"""What a program of 03d18fa left unfinished is understood: nobody has signed it, so that a person ends it; where our
ring vouches for its words, it goes on to its end. What a newer one left is shown and not touched.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.fleet import WorkloadKey
from controller.contract.dry_run import DryRun
from controller.contract.settlement import Act
from controller.contract.snapshots import MigrationStage, MigrationView
from controller.history.history import History
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.fact_reader import FactReader
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.timing import Timing
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.errors import JournalError, LeaseTaken
from controller.migration.protocol.gate import NO_SUPPLY, MoveRates, Supply
from controller.migration.protocol.journal import (
    JOURNAL_ANNOTATION,
    JOURNAL_VERSION,
    decode_journal,
    encode_journal,
)
from controller.migration.protocol.record import Side, StepRecord
from controller.migration.protocol.states import Phase
from controller.migration.run.leadership import Leadership
from controller.migration.run.migration_controller import MigrationController
from controller.migration.run.unfinished import find_unfinished
from controller.migration.settings import MigrationSettings
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from tests.controller.migration.access.fakes import RecordingApi
from tests.controller.migration.keys import KEYS
from tests.controller.migration.old_journals import (
    DEPLOYMENT_PATH,
    LEASE_PATH,
    NAMES,
    lease,
    load,
    open_clusters,
    sign,
)
from tests.simulation.virtual_loop import run_virtual

SETTINGS = MigrationSettings(bake_s=3.0, soak_s=20.0, settle_margin_s=2.0)
NOW = 1_790_000_000.0
REPLICAS = 6

#: A move goes on where it was going on. It goes back where it was going back or waited for a person, and where nothing
#: was fenced yet.
ENDED = ["DONE", "ROLLED_BACK"]
ENDS_BACK = [
    name
    for name in NAMES
    if name.startswith(("ROLLBACK", "NEEDS_OPERATOR", "HOLD-ROLLBACK")) or name.endswith("LOCKED")
]
ENDS_MOVED = [name for name in NAMES if name not in (*ENDED, *ENDS_BACK)]


class OpenGate:
    """Always armed, with a price that makes the move worth it."""

    def find_reason(self, dry_run: DryRun) -> None:
        return None

    def find_supply(self, target: str) -> Supply:
        return NO_SUPPLY

    def find_rates(self, workload: WorkloadKey, target: str) -> MoveRates:
        now = NOW + asyncio.get_running_loop().time()
        return MoveRates(Decimal("0.10"), Decimal("0.04"), now + 60)


class Place:
    """Two clusters, and a program that begins in them."""

    def __init__(self, found: dict[str, Any], *, is_signed: bool = True) -> None:
        self.requests: list[Any] = []
        self.apis = open_clusters(found, self.requests, is_signed=is_signed)
        loop = asyncio.get_running_loop()
        self.clocks = Clocks(lambda: NOW + loop.time(), loop.time)
        ids = iter(range(1000))
        self.controller = MigrationController(
            self.apis.__getitem__,  # type: ignore[arg-type]
            History(lambda: NOW),
            self.clocks,
            lambda: f"new-{next(ids)}",
            SETTINGS,
            OpenGate(),
            KEYS,
        )

    async def resume(self) -> MigrationView:
        """Take up what is found in the source, and follow it to where it stops."""
        [move] = (await find_unfinished(self.apis["paris"], ["shop"], KEYS)).moves  # type: ignore[arg-type]
        self.controller.resume(move.record)
        return await self.follow(move.record.migration_id)

    async def follow(self, migration_id: str) -> MigrationView:
        await asyncio.wait({self.controller._started[migration_id].task}, timeout=4000)
        return self.controller.views()[-1]

    def lead(self) -> Leadership:
        """The beginning of another move of the workload, at the Leases."""
        record = decode_journal(load("VERIFY")["source"]["journal"])
        draft = replace(record, state=replace(record.state, phase=Phase.PREFLIGHT), epoch=0)
        sides = {
            side: ClusterSide(api, "shop", "checkout")  # type: ignore[arg-type]
            for side, api in zip(Side, self.apis.values(), strict=True)
        }
        timing = Timing(SETTINGS, self.clocks, asyncio.sleep)
        reader, journal = FactReader(sides, timing, lambda: None), JournalWriter(draft, lambda: None)
        return Leadership(
            journal, reader, asyncio.sleep, lambda: "somebody", KEYS, lambda: False, lambda text, holder: None
        )

    def replicas(self) -> tuple[int, int | None]:
        """Those of source and target; None where the target has no Deployment."""
        source, target = (api.objects.get(DEPLOYMENT_PATH) for api in self.apis.values())
        assert source is not None, "the source's Deployment is never deleted"
        return source["spec"]["replicas"], None if target is None else target["spec"]["replicas"]


def journal_of(api: RecordingApi) -> Any:
    return json.loads(api.objects[LEASE_PATH]["metadata"]["annotations"][JOURNAL_ANNOTATION])


def virtually(scenario: Coroutine[Any, Any, None]) -> None:
    run_virtual(scenario)


async def resume(name: str) -> tuple[Place, MigrationView]:
    """Go on from a journal of an older program to its end."""
    place = Place(load(name))
    return place, await place.resume()


@pytest.mark.parametrize("name", ENDS_MOVED)
def test_a_move_of_an_older_program_goes_on_to_its_end(name: str) -> None:
    async def scenario() -> None:
        place, view = await resume(name)
        assert view.stage is MigrationStage.DONE, view.sentence
        assert place.replicas() == (0, REPLICAS)
        for api in place.apis.values():
            assert journal_of(api)["version"] == 2
            assert journal_of(api)["migration"]["state"]["phase"] == "DONE"
            assert "holderIdentity" not in api.objects[LEASE_PATH]["spec"]

    virtually(scenario())


@pytest.mark.parametrize("name", ENDS_BACK)
def test_a_move_that_an_older_program_could_not_finish_goes_back(name: str) -> None:
    async def scenario() -> None:
        place, view = await resume(name)
        assert view.stage is MigrationStage.ROLLED_BACK, view.sentence
        assert place.replicas() == (REPLICAS, None)
        assert [path for path in place.apis["osaka"].objects if "/configmaps/" in path] == []

    virtually(scenario())


@pytest.mark.parametrize("name", ENDED)
def test_what_an_older_program_has_ended_is_over(name: str) -> None:
    async def scenario() -> None:
        place = Place(load(name))
        findings = await find_unfinished(place.apis["paris"], ["shop"], KEYS)  # type: ignore[arg-type]
        assert (findings.moves, findings.unreadable) == ((), ())

    virtually(scenario())


@pytest.mark.parametrize("name", [*ENDS_MOVED, *ENDS_BACK])
def test_what_an_older_program_left_is_shown_and_not_touched(name: str) -> None:
    """It had no key ring: anybody who may write the Leases could have written that."""

    async def scenario() -> None:
        place = Place(load(name), is_signed=False)
        [move] = (await find_unfinished(place.apis["paris"], ["shop"], KEYS)).moves  # type: ignore[arg-type]
        assert move.doubt is not None
        assert move.doubt.code is Code.JOURNAL_UNSIGNED
        # Nobody takes it up; and whoever would, lets go of it.
        view = await place.resume()
        assert view.stage is MigrationStage.NEEDS_OPERATOR
        assert view.reason is not None
        assert view.reason.code is Code.JOURNAL_UNSIGNED
        assert place.requests == []

    virtually(scenario())


@pytest.mark.parametrize("name", [*ENDS_MOVED, *ENDS_BACK])
def test_a_person_gives_the_source_back_what_an_older_program_has_moved(name: str) -> None:
    """And nothing that the act did not say before."""

    async def scenario() -> None:
        place = Place(load(name), is_signed=False)
        [move] = (await find_unfinished(place.apis["paris"], ["shop"], KEYS)).moves  # type: ignore[arg-type]
        settlements = {one.act: one for one in await place.controller.judge_acts(move.record)}
        assert settlements[Act.CANCEL].reason is not None
        restored = settlements[Act.RESTORE]
        assert restored.changes[0] == move.doubt
        assert ActCode.ACT_DELETES_LABELLED in {change.code for change in restored.changes}
        await place.controller.settle(move.record, Act.RESTORE, restored.digest)
        view = await place.follow(move.record.migration_id)
        assert view.stage is MigrationStage.ROLLED_BACK, view.sentence
        assert place.replicas() == (REPLICAS, None)

    virtually(scenario())


def test_a_mirror_alone_is_no_migration_of_its_cluster() -> None:
    """It is the source's journal that counts; what the target's says beside it is compared, and not begun with."""

    async def scenario() -> None:
        place = Place(load("VERIFY"))
        assert (await find_unfinished(place.apis["osaka"], ["shop"], KEYS)).moves == ()  # type: ignore[arg-type]

    virtually(scenario())


def newer(text: str, *, step: bool) -> str:
    """The journal of a newer program: of a version to come, or with a step that is not in our catalogue."""
    record = decode_journal(text)
    if step:
        return encode_journal(replace(record, steps=(*record.steps, StepRecord("traffic"))))
    document = json.loads(text)
    document["migration"]["mood"] = "hopeful"
    return json.dumps({**document, "version": JOURNAL_VERSION + 1, "written by": "a program to come"})


def make_newer(found: dict[str, Any], *, step: bool) -> dict[str, Any]:
    for side in ("source", "target"):
        found[side]["journal"] = newer(found[side]["journal"], step=step)
    return found


BY_STEP = pytest.mark.parametrize("step", [False, True], ids=["newer version", "newer step"])


@BY_STEP
def test_a_newer_journal_is_found_and_shown_with_what_to_do(*, step: bool) -> None:
    async def scenario() -> None:
        place = Place(make_newer(load("VERIFY"), step=step))
        findings = await find_unfinished(place.apis["paris"], ["shop"], KEYS)  # type: ignore[arg-type]
        assert findings.moves == ()
        [unreadable] = findings.unreadable
        assert unreadable.reason.code is (Code.JOURNAL_STEP_UNKNOWN if step else Code.JOURNAL_NEWER)

    virtually(scenario())


@BY_STEP
@pytest.mark.parametrize("side", ["source", "target"])
def test_no_move_begins_over_a_newer_journal_and_nothing_is_touched(side: str, *, step: bool) -> None:
    """Neither a Deployment nor the Lease itself: the newer program finds everything as it left it."""

    async def scenario() -> None:
        found = load("DONE")
        found[side]["journal"] = newer(found[side]["journal"], step=step)
        place = Place(found)
        with pytest.raises(JournalError) as refused:
            await place.lead().acquire(lambda: asyncio.sleep(0))
        assert refused.value.reason.code is (Code.JOURNAL_STEP_UNKNOWN if step else Code.JOURNAL_NEWER)
        assert place.requests == []

    virtually(scenario())


def test_no_move_begins_over_one_that_is_not_finished_and_nothing_is_touched() -> None:
    async def scenario() -> None:
        place = Place(load("SETTLE"))
        with pytest.raises(LeaseTaken) as refused:
            await place.lead().acquire(lambda: asyncio.sleep(0))
        assert refused.value.reason.code is Code.MOVE_UNFINISHED
        assert place.requests == []

    virtually(scenario())


@BY_STEP
def test_who_follows_a_leader_that_turns_out_to_be_newer_lets_go(*, step: bool) -> None:
    """It had read a journal that it knew; before it takes the Lease over, a newer program has gone on."""

    async def scenario() -> None:
        place = Place(load("VERIFY"))
        [move] = (await find_unfinished(place.apis["paris"], ["shop"], KEYS)).moves  # type: ignore[arg-type]
        place.controller.resume(move.record)
        await asyncio.sleep(10)
        for api in place.apis.values():
            text = api.objects[LEASE_PATH]["metadata"]["annotations"][JOURNAL_ANNOTATION]
            uid = api.objects[paths.namespace("kube-system")]["metadata"]["uid"]
            api.put(LEASE_PATH, lease(7, sign(uid, newer(text, step=step))))
        view = await place.follow(move.record.migration_id)
        assert view.stage is MigrationStage.NEEDS_OPERATOR
        assert view.reason is not None
        assert view.reason.code is (Code.JOURNAL_STEP_UNKNOWN if step else Code.JOURNAL_NEWER)
        assert place.requests == []

    virtually(scenario())
