"""A cluster that answers what no API server answers is silent, and nobody stumbles over it half-way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from controller.migration.protocol.fences import FENCE_ANNOTATION
from controller.simulation.api.requests import ApiResponse
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery
from tests.simulation.world import LEASE_PATH, PATH, World, simulate, start

PODS = "/api/v1/namespaces/shop/pods"

#: What is asked for -> what is wrong with the answer.
NONSENSE: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "pods without a status that can be read": (PODS, lambda body: body["items"][0].update(status=["?"])),
    "restarts that are no number": (
        PODS,
        lambda body: body["items"][0].update(status={"containerStatuses": [{"restartCount": "many"}]}),
    ),
    "pages that are no pages": (PODS, lambda body: body.update(metadata=7)),
    "a fence that is no text": (
        PATH,
        lambda body: body["metadata"].update(annotations={FENCE_ANNOTATION: ["a", "b"]}),
    ),
    "a uid that no journal holds": (PATH, lambda body: body["metadata"].update(uid="u" * 9000)),
    "another Deployment than was asked for": (PATH, lambda body: body["metadata"].update(name="other")),
    "a Lease that counts in words": (LEASE_PATH, lambda body: body.update(spec={"leaseTransitions": "x"})),
}


class Nonsense:
    """While it is on, the target answers reads and writes of this path with sense taken out."""

    def __init__(self, path: str, spoil: Callable[[dict[str, Any]], object]) -> None:
        self._path, self._spoil = path, spoil
        self.is_on = False

    def direct(self, cluster: Cluster, request: Request) -> Delivery | None:
        if not self.is_on or cluster.context != "osaka" or request.path != self._path:
            return None
        result = cluster.land(request)
        body = deepcopy(result.body)  # what is answered; the cluster itself keeps what it has
        if result.code < 300 and body.get("items") != []:
            self._spoil(body)
        return Delivery(0.05, answer=ApiResponse(result.code, body))


@pytest.mark.parametrize("what", NONSENSE)
def test_a_target_that_answers_nonsense_leaves_no_workload_without_its_leader(
    tmp_path: Path, what: str
) -> None:
    nonsense = Nonsense(*NONSENSE[what])

    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave >= 3)
        nonsense.is_on = True
        await asyncio.sleep(200)
        assert "was not understood" in program.view.sentence
        nonsense.is_on = False
        program.cancel(migration_id)
        await task

    world = simulate(scenario, 2, tmp_path, directed=nonsense.direct)
    assert world.judge_end() == []


def test_a_target_whose_pods_cannot_be_read_has_the_source_raised_again(tmp_path: Path) -> None:
    nonsense = Nonsense(*NONSENSE["pods without a status that can be read"])

    async def scenario(world: World) -> None:
        program, _, _ = await start(world)
        await world.wait_for(lambda: program.view.phase == "SOAK")
        nonsense.is_on = True
        await world.wait_for(lambda: world.source.replicas(PATH) == world.replicas, 300)

    assert simulate(scenario, 2, tmp_path, directed=nonsense.direct).violations == []


def test_a_name_that_nothing_can_have_in_the_source_s_template_stops_no_way_back(tmp_path: Path) -> None:
    """An API server asks of a ConfigMap's name in a template only that there is some text."""

    async def scenario(world: World) -> None:
        program, migration_id, task = await start(world)
        await world.wait_for(lambda: program.view.phase == "VERIFY" and program.view.wave >= 2)
        deployment = deepcopy(world.source.require(PATH))
        template = deployment["spec"]["template"]["spec"]
        template["containers"][0]["envFrom"] = [{"configMapRef": {"name": "no/name"}}]
        world.source.act("PUT", PATH, deployment)
        program.cancel(migration_id)
        await task
        assert world.journaled_phase() == "ROLLED_BACK", program.view.sentence

    assert simulate(scenario, 2, tmp_path).judge_end() == []
