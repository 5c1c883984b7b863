"""An API server that is broken, or somebody else's, answers nonsense: what a person must not lose by that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Unpack

import pytest

from controller.clusters import paths
from controller.clusters.answer_frame import find_fault
from controller.clusters.kube import KubeClient
from controller.clusters.kube_api import WriteOptions
from controller.contract.snapshots import MigrationStage
from controller.errors import ClusterError
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.lease import ClusterLease, name_lease
from controller.migration.access.pod_words import PodWords
from controller.migration.access.timing import Timing
from controller.migration.protocol.signing import JournalPlace
from controller.migration.settings import MigrationSettings
from oracle.foundation.clocks import SYSTEM_CLOCKS
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.clusters.objects import make_deployment, make_pod
from tests.controller.migration.keys import KEYS
from tests.controller.migration.moves import Moves, simulate_moves, start
from tests.simulation.world import PATH, TARGET

PLACE = JournalPlace("uid", "shop", name_lease("shop", "checkout"))

NONSENSE = (
    None,
    7,
    -1,
    1.5,
    True,
    "x",
    "",
    "9" * 30,
    [],
    [1],
    [None],
    [[]],
    {},
    {"a": 1},
    {"x": None},
    2**70,
)

PLAIN = make_deployment()
DEPLOYMENT = {
    **PLAIN,
    "metadata": {
        **PLAIN["metadata"],
        "uid": "u",
        "resourceVersion": "5",
        "generation": 1,
        "labels": {"sentinelaura.io/migration": "m"},
        "annotations": {"sentinelaura.io/fence": "m/1/1"},
        "managedFields": [{"manager": "kubectl", "time": "t", "fieldsV1": {"f:spec": {"f:replicas": {}}}}],
    },
    "spec": {**PLAIN["spec"], "progressDeadlineSeconds": 600, "selector": {"matchLabels": {"app": "x"}}},
}
POD = {
    **make_pod("p"),
    "status": {
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "c", "restartCount": 0}],
    },
}
ENDED = {"exitCode": 1, "reason": "Error", "message": "m"}
WAITING_POD = {
    **make_pod("q"),
    "status": {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "r", "message": "m"}],
        "initContainerStatuses": [{"name": "i", "state": {"terminated": ENDED}}],
        "containerStatuses": [
            {
                "name": "c",
                "restartCount": 2,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "m"}},
                "lastState": {"terminated": ENDED},
            }
        ],
    },
}
EVENTS = {
    "metadata": {"resourceVersion": "9"},
    "items": [
        {
            "metadata": {"name": "e", "namespace": "shop", "uid": "u", "resourceVersion": "1"},
            "type": "Warning",
            "reason": "FailedScheduling",
            "message": "m",
            "eventTime": "2026-05-01T10:30:00.000000Z",
            "series": {"lastObservedTime": "2026-05-01T10:30:00.000000Z"},
            "source": {"component": "karpenter"},
        }
    ],
}
PODS = {"metadata": {"resourceVersion": "9", "continue": ""}, "items": [POD]}
LEASE = {
    "metadata": {"name": PLACE.lease, "resourceVersion": "1", "annotations": {"a": "b"}},
    "spec": {"holderIdentity": "somebody", "leaseTransitions": 3, "leaseDurationSeconds": 30},
}


class Server(FakeApi):
    """Takes a Lease as it is written."""

    async def replace(self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]) -> Any:
        return body


def list_places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every field and item within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*place, name)
        yield from list_places(one, (*place, name))


def spoil(answer: Any) -> Iterator[Any]:
    """The answer with nonsense in one of its places, each in turn, as far as it is taken for an answer."""
    for place in list_places(answer):
        for nonsense in NONSENSE:
            spoilt = json.loads(json.dumps(answer))
            within = spoilt
            for name in place[:-1]:
                within = within[name]
            within[place[-1]] = nonsense
            if find_fault(spoilt) is None:
                yield spoilt


async def ask_side(api: FakeApi, answer: Any) -> None:
    side = ClusterSide(api, "shop", "checkout")
    api.answers[side.path] = answer
    await side.read()


async def ask_pods(api: FakeApi, answer: Any) -> None:
    side = ClusterSide(api, "shop", "checkout")
    api.answers[side.path] = DEPLOYMENT
    facts = await side.read()
    assert facts is not None
    api.answers[paths.collection("pods", "shop")] = answer
    await side.read_pods(facts)


async def ask_events(api: FakeApi, answer: Any) -> None:
    side = ClusterSide(api, "shop", "checkout")
    api.answers[side.path] = DEPLOYMENT
    facts = await side.read()
    assert facts is not None
    api.answers[paths.collection("pods", "shop")] = {**PODS, "items": [WAITING_POD]}
    api.answers[paths.collection("events", "shop")] = answer
    assert await PodWords(side, SYSTEM_CLOCKS).ask(facts) is not None


async def ask_lease(api: FakeApi, answer: Any) -> None:
    timing = Timing(MigrationSettings(), SYSTEM_CLOCKS, asyncio.sleep)
    lease = ClusterLease(api, PLACE, "me", timing, KEYS)
    api.answers[paths.lease(PLACE.namespace, PLACE.lease)] = answer
    await lease.try_acquire()


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (ask_side, DEPLOYMENT),
        (ask_pods, PODS),
        (ask_pods, {**PODS, "items": [WAITING_POD]}),
        (ask_events, EVENTS),
        (ask_lease, LEASE),
    ],
    ids=["Deployment", "pods", "pods that wait", "events", "Lease"],
)
def test_no_answer_is_more_than_a_failure_of_its_cluster(ask: Any, answer: Any) -> None:
    """Whatever else is raised would end the migration in the middle, with its source at 0."""

    async def main() -> int:
        count = 0
        await ask(Server(), answer)
        for spoilt in spoil(answer):
            count += 1
            try:
                await ask(Server(), spoilt)
            except ClusterError:
                pass
        return count

    assert asyncio.run(main()) > 50


@pytest.mark.parametrize(
    "nonsense",
    ['{"items": [7]}', '{"items": [{"status": {"conditions": 7}}]}', '{"a":' * 500 + "1" + "}" * 500],
    ids=["no object", "no conditions", "nested"],
)
def test_a_target_that_answers_nonsense_while_the_source_is_at_0_costs_no_replica(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nonsense: str
) -> None:
    is_spoilt = False
    parse = KubeClient._parse_object

    def parse_spoilt(client: KubeClient, raw: bytes, request: str) -> dict[str, Any]:
        is_hit = is_spoilt and client.context == TARGET and "/pods" in request
        return parse(client, nonsense.encode() if is_hit else raw, request)

    monkeypatch.setattr(KubeClient, "_parse_object", parse_spoilt)

    async def scenario(world: Moves) -> None:
        nonlocal is_spoilt
        controller, _, moving = await start(world)
        await world.wait_for(lambda: controller.views()[0].phase == "SOAK")
        is_spoilt = True
        await world.wait_for(lambda: controller.views()[0].phase == "INSURED", 200)
        await world.wait_for(lambda: world.source.available(PATH) == world.replicas, 60)
        is_spoilt = False
        await moving
        assert controller.views()[0].stage is MigrationStage.DONE

    simulate_moves(scenario, 1, tmp_path)
