"""What others have changed is noticed, whichever part of it they changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.migration.protocol.errors import HoldNeeded, LeaseLost, NewerWorkFound
from controller.migration.protocol.observation import DeploymentFacts
from controller.migration.protocol.ownership import (
    find_target,
    has_our_fence,
    is_as_found,
    may_be_missing,
    refuse_newer,
    require_fence,
    require_fence_of,
    require_present,
    require_scalable,
    require_untouched,
    settle_sealed,
)
from controller.migration.protocol.record import Side
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from tests.controller.migration.facts import serving
from tests.controller.migration.records import record


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"uid": "another"}, Code.DEPLOYMENT_FOREIGN),
        ({"fence": None}, Code.FENCE_REMOVED),
        ({"fence": "mine"}, Code.FENCE_REMOVED),
        ({"fence": "m1:3:17"}, Code.FENCE_FOREIGN),
        ({"fence": "m2:4:17"}, Code.FENCE_FOREIGN),
        ({"template_hash": "beef"}, Code.TEMPLATE_CHANGED),
        ({}, Code.REPLICAS_CHANGED),
    ],
)
def test_each_change_of_others_is_a_reason_to_hold(change: dict[str, Any], code: Code) -> None:
    with pytest.raises(HoldNeeded) as held:
        require_untouched(serving(6 if change else 5, **change), record(), Side.SOURCE)
    assert held.value.reason.code is code


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (None, None),
        (serving(6, uid="another"), None),
        (serving(0), None),
        (serving(6, template_hash="beef"), None),
        (serving(6), serving(0, uid="uid-b")),
    ],
    ids=["source gone", "source replaced", "source scaled", "source deployed anew", "target there by now"],
)
def test_whatever_has_changed_since_the_preflight_is_noticed(
    source: DeploymentFacts | None, target: DeploymentFacts | None
) -> None:
    begun = record(Phase.PREFLIGHT, target=0)
    begun = replace(begun, target=replace(begun.target, deployment_uid=None))
    assert is_as_found(serving(6), None, begun)
    assert not is_as_found(source, target, begun)


def test_a_target_that_was_there_before_has_to_be_as_it_was() -> None:
    begun = record(Phase.PREFLIGHT, target=0)
    assert is_as_found(serving(6), serving(0, uid="uid-b"), begun)
    for target in (None, serving(1, uid="uid-b"), serving(0, uid="another")):
        assert not is_as_found(serving(6), target, begun)


@pytest.mark.parametrize(("side", "context"), [(Side.SOURCE, "paris"), (Side.TARGET, "osaka")])
@pytest.mark.parametrize("require", [require_fence, require_fence_of])
def test_a_fence_of_others_is_named_with_its_cluster(require: Any, side: Side, context: str) -> None:
    foreign = Code.FENCE_FOREIGN.because(context=context, fence="m2:4:17")
    for fence, reason in (("m2:4:17", foreign), ("mine", Code.FENCE_REMOVED.because(context=context))):
        with pytest.raises(HoldNeeded) as held:
            require(serving(6, fence=fence), record(), side)
        assert held.value.reason == reason


def test_a_target_that_others_hold_is_named_and_not_the_source() -> None:
    with pytest.raises(HoldNeeded) as held:
        require_untouched(serving(1, uid="uid-b", fence="m2:4:17"), record(), Side.TARGET)
    assert held.value.reason["context"] == "osaka"


@pytest.mark.parametrize("phase", [Phase.VERIFY, Phase.ROLLBACK])
def test_a_source_that_others_hold_is_named_and_not_the_target(phase: Phase) -> None:
    with pytest.raises(HoldNeeded) as held:
        require_scalable(serving(6, fence="m2:4:17"), None, record(phase), Side.SOURCE)
    assert held.value.reason["context"] == "paris"


def test_an_earlier_epoch_of_this_migration_is_ours_and_not_the_last_write() -> None:
    earlier = serving(6, fence="m1:3:17")
    require_fence_of(earlier, record(), Side.SOURCE)
    with pytest.raises(HoldNeeded):
        require_fence(earlier, record(), Side.SOURCE)


@pytest.mark.parametrize(("manager", "told"), [("kubectl", "kubectl"), ("", "somebody else")])
def test_who_changed_it_is_told_where_that_is_known(manager: str, told: str) -> None:
    changed = serving(6, template_hash="beef", template_manager=manager, replicas_manager="keda")
    with pytest.raises(HoldNeeded) as held:
        require_untouched(changed, record(), Side.SOURCE)
    assert held.value.reason == Code.TEMPLATE_CHANGED.because(context="paris", manager=told)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"template_hash": "beef", "template_manager": "argocd", "replicas_manager": "keda"}, "argocd"),
        ({"replicas": 9, "template_manager": "argocd", "replicas_manager": "keda"}, "keda"),
        ({"replicas": 9}, "somebody else"),
    ],
)
def test_newer_work_is_told_with_its_replicas_and_its_author(change: dict[str, Any], told: str) -> None:
    known = record(Phase.SOAK, source=0, target=6)
    serves_alone = replace(known, state=replace(known.state, wave=3))
    found = replace(serving(6, uid="uid-b"), **change)
    with pytest.raises(NewerWorkFound) as adopted:
        require_untouched(found, serves_alone, Side.TARGET)
    named = {"context": "osaka", "replicas": found.replicas, "manager": told}
    assert adopted.value.reason == Code.NEWER_WORK_ADOPTED.because(**named)


def test_what_was_announced_may_have_landed() -> None:
    announced = record().with_intent(Side.SOURCE, 5)
    assert require_untouched(serving(5), announced, Side.SOURCE) == serving(5)
    with pytest.raises(HoldNeeded):
        require_untouched(serving(4), announced, Side.SOURCE)


def test_a_newer_epoch_makes_this_instance_a_zombie() -> None:
    with pytest.raises(LeaseLost):
        require_untouched(serving(6, fence="m1:5:1"), record(), Side.SOURCE)


def test_before_its_uid_is_known_the_target_is_known_by_our_label() -> None:
    unknown = replace(record(), target=replace(record().target, deployment_uid=None))
    ours = serving(0, uid="new", created_by="m1")
    assert find_target(ours, unknown) == ours
    assert find_target(serving(0, uid="new"), unknown) is None
    assert find_target(ours, record()) is None


def test_a_rollback_scales_without_a_target_but_never_without_the_source() -> None:
    back = record(Phase.ROLLBACK)
    assert require_scalable(serving(2), None, back, Side.SOURCE) == (serving(2), None)
    target = serving(3, uid="uid-b")
    with pytest.raises(HoldNeeded):
        require_scalable(target, None, back, Side.TARGET)
    with pytest.raises(HoldNeeded):
        require_scalable(target, serving(6), record(), Side.TARGET)


def test_on_the_way_forward_nothing_is_scaled_beside_a_side_that_others_have_touched() -> None:
    target = serving(1, uid="uid-b")
    assert require_scalable(target, serving(6), record(), Side.TARGET) == (target, serving(6))
    assert require_scalable(serving(6), target, record(), Side.SOURCE) == (serving(6), target)
    with pytest.raises(HoldNeeded) as held:
        require_scalable(target, serving(5), record(), Side.TARGET)
    assert held.value.reason.code is Code.REPLICAS_CHANGED


@pytest.mark.parametrize(
    ("fence", "error"), [("m2:4:17", HoldNeeded), (None, HoldNeeded), ("m1:5:17", LeaseLost)]
)
def test_a_rollback_scales_no_deployment_that_others_have_written(
    fence: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        require_scalable(serving(2, fence=fence), None, record(Phase.ROLLBACK), Side.SOURCE)


def test_the_targets_deployment_may_be_missing_before_it_is_created_and_in_a_rollback() -> None:
    uncreated = replace(record(), target=replace(record().target, deployment_uid=None))
    assert may_be_missing(uncreated, Side.TARGET)
    assert may_be_missing(record(Phase.ROLLBACK), Side.TARGET)
    assert not may_be_missing(record(), Side.TARGET)
    assert not may_be_missing(record(Phase.ROLLBACK), Side.SOURCE)


def test_a_seal_settles_an_open_write_by_what_is_there() -> None:
    announced = record().with_intent(Side.SOURCE, 5)
    landed = settle_sealed(announced, Side.SOURCE, serving(5))
    assert (landed.source.replicas, landed.intent) == (5, None)
    lost = settle_sealed(announced, Side.SOURCE, serving(6))
    assert (lost.source.replicas, lost.intent) == (6, None)
    foreign = settle_sealed(announced, Side.SOURCE, serving(2))
    assert (foreign.source.replicas, foreign.intent) == (6, None)
    assert settle_sealed(record(), Side.SOURCE, serving(2)) == record()
    assert settle_sealed(record(Phase.ROLLBACK), Side.SOURCE, serving(2)).source.replicas == 2


@pytest.mark.parametrize("fence", ["m1:4:17", "m1:3:9"])
def test_a_fence_of_this_migration_is_ours_whoever_led_it(fence: str) -> None:
    assert has_our_fence(serving(6, fence=fence), record(), Side.SOURCE)


@pytest.mark.parametrize(
    "change", [{"fence": None}, {"fence": "mine"}, {"fence": "m2:4:17"}, {"uid": "another"}]
)
def test_a_fence_of_others_is_none_of_ours(change: dict[str, Any]) -> None:
    assert not has_our_fence(serving(6, **change), record(), Side.SOURCE)


def test_a_fence_of_a_newer_leader_ends_our_lead() -> None:
    with pytest.raises(LeaseLost):
        has_our_fence(serving(6, fence="m1:5:17"), record(), Side.SOURCE)


def test_an_insurance_takes_the_source_as_it_is_and_the_target_only_as_a_wave_left_it() -> None:
    """The wave that was under way may have landed; other replicas are somebody else's."""
    lost = record(source=3, target=3)
    insured = replace(lost, state=replace(lost.state, phase=Phase.INSURED, resume_phase=Phase.VERIFY, wave=1))
    assert settle_sealed(insured, Side.SOURCE, serving(2)).source.replicas == 2
    taken = [settle_sealed(insured, Side.TARGET, serving(count)).target.replicas for count in (1, 3, 5, 6)]
    assert taken == [3, 3, 5, 3]
    third = replace(insured, state=replace(insured.state, wave=2))
    assert [settle_sealed(third, Side.TARGET, serving(count)).target.replicas for count in (5, 6)] == [5, 6]
    assert require_scalable(serving(2), None, insured, Side.SOURCE)[0].replicas == 2


@pytest.mark.parametrize(
    ("found", "code"),
    [(None, Code.DEPLOYMENT_DELETED), (serving(3, uid="another"), Code.DEPLOYMENT_FOREIGN)],
)
@pytest.mark.parametrize(("side", "context"), [(Side.SOURCE, "paris"), (Side.TARGET, "osaka")])
def test_what_is_gone_or_another_one_is_named_with_its_cluster(
    found: DeploymentFacts | None, code: Code, side: Side, context: str
) -> None:
    with pytest.raises(HoldNeeded) as held:
        require_present(found, record(), side)
    assert held.value.reason == code.because(context=context)


@pytest.mark.parametrize(("side", "context"), [(Side.SOURCE, "paris"), (Side.TARGET, "osaka")])
def test_who_leads_now_is_named_with_the_cluster_in_which_it_wrote(side: Side, context: str) -> None:
    with pytest.raises(LeaseLost) as lost:
        refuse_newer(serving(6, fence="m1:5:1"), record(), side)
    assert lost.value.reason == Code.LEASE_LOST.because(context=context, holder="the instance of m1:5:1")


@pytest.mark.parametrize(("manager", "told"), [("keda", "keda"), ("", "somebody else")])
@pytest.mark.parametrize(
    ("side", "uid", "context", "expected"),
    [(Side.SOURCE, "uid-a", "paris", 6), (Side.TARGET, "uid-b", "osaka", 1)],
)
def test_replicas_that_others_have_set_are_told_with_what_we_left(
    side: Side, uid: str, context: str, expected: int, manager: str, told: str
) -> None:
    found = serving(4, uid=uid, replicas_manager=manager)
    with pytest.raises(HoldNeeded) as held:
        require_untouched(found, record(), side)
    assert held.value.reason == Code.REPLICAS_CHANGED.because(
        context=context, replicas=4, expected=expected, manager=told
    )


def test_a_seal_leaves_the_write_to_the_other_side_open() -> None:
    announced = record().with_intent(Side.TARGET, 3)
    assert settle_sealed(announced, Side.SOURCE, serving(2)) == announced


def test_a_rollback_takes_from_the_target_beside_the_source_that_is_there() -> None:
    back, target = record(Phase.ROLLBACK), serving(3, uid="uid-b")
    assert require_scalable(target, serving(2), back, Side.TARGET) == (target, serving(2))
    assert require_scalable(serving(2), target, back, Side.SOURCE) == (serving(2), target)
    assert require_scalable(serving(2), serving(3, uid="another"), back, Side.SOURCE) == (serving(2), None)
