"""A real scheduler, and a target whose machine comes late: the move waits for it with the scheduler's words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.composition import open_engine
from controller.clusters.settings import ContextOverride
from controller.contract.snapshots import MigrationStage, MigrationView
from oracle.market import CapacityType
from tests.controlplane.cluster import Cluster, takes_pods
from tests.controlplane.places import describe_node
from tests.e2e.test_real_clusters import Pair, start_move, wait_for_end

NODES = "/api/v1/nodes"


def cordon(cluster: Cluster, names: list[str], *, is_cordoned: bool) -> None:
    for name in names:
        cluster.client().patch(f"{NODES}/{name}", {"spec": {"unschedulable": is_cordoned}})


def buy(cluster: Cluster) -> str:
    """What an autoscaler does once pods wait: a machine joins."""
    place = cluster.place
    node = describe_node(place, 77, place.zones[0], is_spot=True)
    name = node["metadata"]["name"] = "bought-77"
    node["metadata"]["labels"]["kubernetes.io/hostname"] = name
    cluster.client().create(NODES, node)
    cluster.client().await_object(NODES, name, takes_pods)
    return name


@pytest.mark.timeout(240)
def test_a_move_waits_for_a_machine_that_comes_late(control_planes: Any, home: Any, tmp_path: Any) -> None:
    pair = Pair(control_planes, tmp_path)
    target = pair.target
    said = ContextOverride(
        buys=frozenset({target.place.machine.instance_type}), capacity_type=CapacityType.SPOT
    )
    clusters = replace(pair.configuration.clusters, overrides={target.context: said})
    configuration = replace(pair.configuration, clusters=clusters)
    there = [node["metadata"]["name"] for node in target.client().get(NODES)["items"]]

    async def scenario() -> tuple[str, MigrationView]:
        async with open_engine(configuration) as engine:
            await start_move(engine, pair.key, target.context)
            waiting = await engine.wait_until(
                lambda s: any("nodes are available" in m.sentence for m in s.migrations), 90
            )
            await asyncio.to_thread(buy, target)
            return waiting.migrations[0].sentence, await wait_for_end(engine)

    cordon(target, there, is_cordoned=True)
    try:
        sentence, ended = asyncio.run(scenario())
    finally:
        cordon(target, there, is_cordoned=False)
        if any(node["metadata"]["name"] == "bought-77" for node in target.client().get(NODES)["items"]):
            target.client().delete(f"{NODES}/bought-77")
    assert "node(s) were unschedulable" in sentence
    assert ended.stage is MigrationStage.DONE, ended.sentence
