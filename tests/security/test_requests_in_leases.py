"""Whoever may write a Lease writes requests into it: no leader stops for them, and none stops twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from controller.contract.commands import SetArmed
from controller.contract.snapshots import MigrationStage
from controller.migration.access.lease import find_holder
from controller.migration.protocol.lease_requests import (
    ANSWER_ANNOTATION,
    LIFE_S,
    REQUEST_ANNOTATION,
    LeaseRequest,
    RequestKind,
    RequestPlace,
    encode_request,
)
from controller.migration.run.lease_requests import find_request_place
from oracle.foundation.key_ring import KeyRing
from tests.simulation.test_forged_journals import read_journal
from tests.simulation.test_lease_requests import FOREIGN_RING, RING
from tests.simulation.test_stop import stands_still
from tests.simulation.world import LEASE_PATH, World, simulate, start

#: What is not changed of a place.
NOTHING: Mapping[str, str] = {}


def write_request(world: World, text: str) -> None:
    """Put a text into the source's Lease, as somebody who may write it."""
    lease = world.source.require(LEASE_PATH)
    annotations = {**lease["metadata"]["annotations"], REQUEST_ANNOTATION: text}
    world.source.act(
        "PUT", LEASE_PATH, {**lease, "metadata": {**lease["metadata"], "annotations": annotations}}
    )


def sign(
    world: World,
    age_s: float = 0.0,
    ring: KeyRing = RING,
    *,
    lease: Mapping[str, str] = NOTHING,
    **place: str,
) -> str:
    """A stop for the leader of now, but for what a test changes of its place."""
    holder = find_holder(world.source.require(LEASE_PATH))
    known = find_request_place(read_journal(world.source), holder)
    here: RequestPlace = replace(known, lease=replace(known.lease, **lease), **place)
    request = LeaseRequest(RequestKind.STOP, "nonce", world.wall() - age_s)
    return encode_request(ring, here, request)


def unsign(world: World) -> str:
    signed = json.loads(sign(world))
    signature = signed["signature"].partition(" ")[0] + " " + "00" * 32
    return json.dumps({**signed, "signature": signature})


def rewrite(world: World) -> str:
    signed = json.loads(sign(world))
    return json.dumps({**signed, "body": {**signed["body"], "kind": "cancel"}})


FORGED: dict[str, Callable[[World], str]] = {
    "no request": lambda world: "stop",
    "no JSON object": lambda world: "[[]]",
    "too long": lambda world: sign(world) + " " * 4096,
    "without a right signature": unsign,
    "with other words": rewrite,
    "another ring": lambda world: sign(world, ring=FOREIGN_RING),
    "another cluster": lambda world: sign(world, lease={"cluster_uid": "other"}),
    "another namespace": lambda world: sign(world, lease={"namespace": "other"}),
    "another Lease": lambda world: sign(world, lease={"lease": "other"}),
    "another migration": lambda world: sign(world, migration_id="other"),
    "another holder": lambda world: sign(world, holder="other"),
    "too old": lambda world: sign(world, age_s=LIFE_S + 1),
    "from the future": lambda world: sign(world, age_s=-LIFE_S),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_or_foreign_request_stops_nothing(tmp_path: Path, forged: str) -> None:
    async def scenario(world: World) -> None:
        leader, _, task = await start(world, ring=RING)
        await world.wait_for(lambda: leader.view.phase == "VERIFY" and leader.view.wave == 2)
        write_request(world, FORGED[forged](world))
        await task
        assert leader.view.stage is MigrationStage.DONE
        assert any("a request in its Lease was ignored" in entry.text for entry in leader.entries)
        assert ANSWER_ANNOTATION not in world.source.require(LEASE_PATH)["metadata"]["annotations"]

    world = simulate(scenario, 3, tmp_path)
    assert REQUEST_ANNOTATION not in world.source.require(LEASE_PATH)["metadata"]["annotations"]


def test_a_request_is_obeyed_once(tmp_path: Path) -> None:
    """Who may write the Lease puts back what was there, after a person has armed the leader again."""

    async def scenario(world: World) -> None:
        leader, _, task = await start(world, ring=RING)
        await world.wait_for(lambda: leader.view.phase == "VERIFY" and leader.view.wave == 2)
        text = sign(world)
        write_request(world, text)
        await world.wait_for(lambda: stands_still(leader))
        for context in world.clusters:
            leader.submit(SetArmed(context, True))
        await world.wait_for(lambda: leader.view.stage is MigrationStage.RUNNING)
        write_request(world, text)
        await task
        assert leader.view.stage is MigrationStage.DONE
        assert any("it was obeyed before" in entry.text for entry in leader.entries)

    simulate(scenario, 3, tmp_path)


def test_forged_requests_without_end_are_noted_once(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        leader, _, task = await start(world, ring=RING)
        await world.wait_for(lambda: leader.view.phase == "VERIFY" and leader.view.wave == 2)
        for _ in range(3):
            write_request(world, "stop")
            await asyncio.sleep(world.settings.lease_retry_s + 1)
        await task
        assert sum("a request in its Lease was ignored" in entry.text for entry in leader.entries) == 1

    simulate(scenario, 3, tmp_path)
