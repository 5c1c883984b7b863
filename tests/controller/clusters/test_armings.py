"""What is armed: by whom a cluster is, in which namespaces, until when; and what a move that has begun keeps of it."""

from __future__ import annotations

import pytest

from controller.clusters.arming import UNLIMITED, ArmedBy, ArmingTerms
from controller.clusters.armings import Armings
from controller.clusters.fleet import WorkloadKey
from controller.reasons import Code
from oracle.foundation.clocks import Clocks

PROD, UID, OTHER = "prod", "uid-prod", "uid-other"
HOUR = 3600.0
CHECKOUT = WorkloadKey(PROD, "shop", "checkout")


class World:
    """Armings, and the two clocks by which they run out."""

    def __init__(self) -> None:
        self.wall, self.counted = 1_790_000_000.0, 50.0
        self.armings = Armings(Clocks(lambda: self.wall, lambda: self.counted))

    def arm(self, terms: ArmingTerms = UNLIMITED, uid: str | None = UID) -> None:
        self.armings.arm(PROD, terms, uid)

    def find_refusal(
        self, uid: str | None = UID, namespace: str | None = "shop", move: str | None = None
    ) -> Code | None:
        """Why a write may not leave; None: it may."""
        reason = self.armings.judge_write(PROD, uid, namespace, move)
        assert reason is None or isinstance(reason.code, Code)
        return None if reason is None else reason.code

    def begin(self, migration_id: str = "m1") -> None:
        self.armings.begin_move(migration_id, CHECKOUT, "edge", (UID, None))


def test_nothing_is_armed_before_somebody_arms_it() -> None:
    world = World()
    assert world.find_refusal() is Code.NOT_ARMED
    world.arm()
    assert world.find_refusal() is None
    world.armings.disarm(PROD, UID)
    assert world.find_refusal() is Code.NOT_ARMED


def test_another_cluster_behind_the_context_is_not_armed_nor_is_the_first_once_it_is_back() -> None:
    world = World()
    world.arm()
    assert world.find_refusal(OTHER) is Code.ARMED_CLUSTER_REPLACED
    assert world.find_refusal(UID) is Code.ARMED_CLUSTER_REPLACED
    assert [(ended.context, ended.reason.code) for ended in world.armings.take_ended()] == [
        (PROD, Code.ARMED_CLUSTER_REPLACED)
    ]
    assert world.armings.take_ended() == []


def test_who_named_a_cluster_arms_no_other() -> None:
    world = World()
    world.arm(ArmingTerms(cluster_uid=OTHER))
    assert world.find_refusal(UID) is Code.ARMED_CLUSTER_REPLACED


def test_a_cluster_that_has_not_said_who_it_is_is_not_changed_and_the_first_that_does_is_armed() -> None:
    world = World()
    world.arm(uid=None)
    assert world.find_refusal(None) is Code.ARMED_UNIDENTIFIED
    assert world.find_refusal(UID) is None
    assert world.find_refusal(None) is Code.ARMED_UNIDENTIFIED
    assert world.find_refusal(OTHER) is Code.ARMED_CLUSTER_REPLACED


@pytest.mark.parametrize(
    "terms", [UNLIMITED, ArmingTerms(cluster_uid=UID), ArmingTerms(namespaces=frozenset({"shop"}))]
)
def test_a_cluster_that_has_not_said_who_it_is_is_meant_where_somebody_armed_it(terms: ArmingTerms) -> None:
    world = World()
    assert not world.armings.is_meant(PROD, None, "shop")
    world.arm(terms, uid=None)
    assert world.armings.is_meant(PROD, None, "shop")
    assert world.armings.is_meant(PROD, None, "billing") is (terms.namespaces is None)
    assert world.armings.is_meant(PROD, UID, "shop")
    assert world.armings.is_meant(PROD, UID, "billing") is (terms.namespaces is None)
    assert not world.armings.is_meant(PROD, OTHER, "shop"), "it has said that it is another one"
    assert not world.armings.is_meant(PROD, None, "shop")


def test_a_move_taken_up_while_its_cluster_is_silent_ends_under_arming_that_has_run_out_there_alone() -> None:
    world = World()
    world.arm(ArmingTerms(cluster_uid=UID, lasts_s=HOUR), uid=None)
    world.armings.begin_move("m1", CHECKOUT, "edge", (None, None))
    world.wall += 2 * HOUR
    assert world.find_refusal(move="m1") is None
    assert world.find_refusal() is Code.ARMING_OVER
    assert world.find_refusal(OTHER, move="m1") is Code.ARMING_OVER


def test_disarming_takes_back_what_waits_for_its_cluster() -> None:
    world = World()
    world.arm(uid=None)
    world.armings.disarm(PROD, None)
    assert world.find_refusal(UID) is Code.NOT_ARMED


def test_a_cluster_is_armed_whatever_it_is_called_and_disarmed_by_any_of_its_names() -> None:
    world = World()
    world.arm()
    assert world.armings.judge_write("alias", UID, "shop", None) is None
    world.armings.disarm("alias", UID)
    assert world.find_refusal() is Code.NOT_ARMED


@pytest.mark.parametrize("namespace", ["billing", None])
def test_only_the_namespaces_that_were_named_are_changed(namespace: str | None) -> None:
    world = World()
    world.arm(ArmingTerms(namespaces=frozenset({"shop"})))
    assert world.find_refusal() is None
    assert world.find_refusal(namespace=namespace) is Code.NAMESPACE_NOT_ARMED


@pytest.mark.parametrize(("wall_s", "counted_s"), [(8 * HOUR, 0.0), (-HOUR, 8 * HOUR)])
def test_arming_runs_out_by_whichever_clock_is_first(wall_s: float, counted_s: float) -> None:
    """Neither a clock that was set back nor an hour of sleep makes it last longer."""
    world = World()
    world.arm(ArmingTerms(ArmedBy.WINDOW, lasts_s=8 * HOUR))
    world.wall, world.counted = world.wall + wall_s - 1, world.counted + counted_s - 1
    assert world.find_refusal() is None
    world.wall, world.counted = world.wall + 1, world.counted + 1
    assert world.find_refusal() is Code.ARMING_OVER
    assert [ended.reason.code for ended in world.armings.take_ended()] == [Code.ARMING_OVER]


def test_a_move_that_has_begun_ends_under_arming_that_has_run_out_and_no_other_begins() -> None:
    world = World()
    world.arm(ArmingTerms(lasts_s=HOUR))
    world.begin()
    world.wall += HOUR
    world.begin("m2")
    assert world.find_refusal(move="m1") is None
    assert world.find_refusal(move="m2") is Code.ARMING_OVER
    assert world.find_refusal() is Code.ARMING_OVER
    assert world.armings.find(PROD, UID) is None


def test_a_move_that_has_begun_may_go_on_where_and_as_long_as_it_may_write() -> None:
    world = World()
    world.arm(ArmingTerms(lasts_s=HOUR))
    world.begin()
    world.wall += HOUR
    assert world.armings.find_for_move(PROD, UID, CHECKOUT, "edge") is not None
    assert world.armings.find_for_move(PROD, OTHER, CHECKOUT, "edge") is None
    assert world.armings.find_for_move(PROD, UID, CHECKOUT, "elsewhere") is None
    world.armings.disarm(PROD, UID)
    assert world.armings.find_for_move(PROD, UID, CHECKOUT, "edge") is None


@pytest.mark.parametrize("is_over", [False, True])
def test_who_disarms_stops_what_has_begun_until_somebody_arms_again(is_over: bool) -> None:
    world = World()
    world.arm(ArmingTerms(lasts_s=HOUR))
    world.begin()
    world.wall += HOUR if is_over else 0.0
    world.armings.disarm(PROD, UID)
    assert world.find_refusal(move="m1") is Code.NOT_ARMED
    world.arm(ArmingTerms(lasts_s=HOUR))
    world.wall += HOUR
    assert world.find_refusal(move="m1") is None


def test_a_move_that_has_begun_writes_to_no_other_cluster() -> None:
    world = World()
    world.arm()
    world.begin()
    assert world.find_refusal(OTHER, move="m1") is Code.ARMED_CLUSTER_REPLACED
    assert world.find_refusal(UID, move="m1") is Code.ARMED_CLUSTER_REPLACED


def test_narrower_terms_bind_what_begins_and_not_what_has_begun() -> None:
    world = World()
    world.arm()
    world.begin()
    world.arm(ArmingTerms(namespaces=frozenset({"billing"})))
    assert world.find_refusal(move="m1") is None
    assert world.find_refusal() is Code.NAMESPACE_NOT_ARMED
