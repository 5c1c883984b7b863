"""What a preflight finds out from the nodes of the target: a move whose pods would wait for ever does not begin."""

from __future__ import annotations

from pathlib import Path

from controller.contract.snapshots import MigrationStage
from controller.reasons import Code
from controller.simulation.api.resource_kinds import NODES as NODE_KIND
from controller.simulation.api.status_errors import ApiError, forbidden
from tests.controller.migration.moves import Moves
from tests.controller.migration.run.test_preflight import move
from tests.simulation.cluster import Cluster, Request
from tests.simulation.network import Delivery, answer_with

NODES = "/api/v1/nodes"
TAINT = {"key": "dedicated", "value": "others", "effect": "NoSchedule"}


def taint_target(world: Moves) -> None:
    """Keep all pods that do not tolerate it off the target's nodes."""
    for node in world.target.model.state.store.list_of(NODE_KIND):
        world.target.edit(f"{NODES}/{node['metadata']['name']}", {"spec": {"taints": [TAINT]}})


def test_nodes_that_do_not_take_the_pods_refuse_the_move_before_it_begins(tmp_path: Path) -> None:
    view = move(tmp_path, taint_target)
    assert (view.stage, view.refused_by) == (MigrationStage.REFUSED, "osaka")
    assert view.reason is not None
    assert view.reason.code is Code.UNSCHEDULABLE
    assert "had untolerated taint {dedicated: others}" in str(view.reason)


def refuse_nodes(world: Moves, answer: ApiError) -> None:
    """Let the target answer no list of its nodes."""

    def direct(cluster: Cluster, request: Request) -> Delivery | None:
        return answer_with(answer) if cluster is world.target and request.path == NODES else None

    world.network.directed = direct


def test_nodes_that_may_not_be_listed_refuse_nothing(tmp_path: Path) -> None:
    """A person has read that it is not known, and the first replica shows it."""
    answer = forbidden(NODE_KIND, "", "the role does not name them")
    assert move(tmp_path, lambda world: refuse_nodes(world, answer)).stage is MigrationStage.DONE


def test_nodes_that_could_not_be_read_refuse_the_move(tmp_path: Path) -> None:
    answer = ApiError(500, "InternalError", "etcd is away")
    assert move(tmp_path, lambda world: refuse_nodes(world, answer)).stage is MigrationStage.REFUSED
