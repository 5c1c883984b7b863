"""Copies are created once, journaled before the next one, and taken back only where they are ours."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Unpack

import pytest

from controller.clusters import paths
from controller.clusters.kube_api import WriteOptions
from controller.errors import ObjectNotFound
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.access.journal_writer import JournalWriter
from controller.migration.access.probe import Probe
from controller.migration.access.timing import Timing
from controller.migration.protocol.errors import HoldNeeded, LeaseUncertain, MigrationRefused, MoveFailed
from controller.migration.protocol.fences import MIGRATION_LABEL
from controller.migration.protocol.observation import parse_deployment
from controller.migration.protocol.record import Note, Side, StepRecord
from controller.migration.protocol.states import Phase
from controller.migration.settings import MigrationSettings
from controller.migration.steps.copies import Copies
from controller.migration.steps.step import Survey, Workbench
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from tests.controller.faults import answered
from tests.controller.migration.access.fakes import RecordingApi, RecordingLeases
from tests.controller.migration.old_journals import load, open_clusters
from tests.controller.migration.records import record

MAP_PATH = paths.item("configmaps", "settings", "shop")
DEPLOYMENT_PATH = paths.deployment("shop", "checkout")


class Place:
    """A source with a workload and its ConfigMap, a target with neither, and a workbench for both."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        found = load("LOCKED")
        found["source"]["journal"] = None
        apis = open_clusters(found, self.requests)
        self.source, self.target = apis["paris"], apis["osaka"]
        known = record(Phase.PROVISION, target=0)
        self.journal = JournalWriter(
            replace(known, target=replace(known.target, deployment_uid=None)), lambda: None
        )
        self.leases: Any = RecordingLeases(self.requests)
        self.journal.lead(self.leases, self.journal.record)
        self.bench = Workbench(
            _side(self.source),
            _side(self.target),
            self.journal,
            Probe(),
            Timing(MigrationSettings(), Clocks(lambda: 0.0, lambda: 0.0), asyncio.sleep),
        )

    def prepare(self) -> StepRecord:
        return asyncio.run(Copies().prepare(self.bench, self.journal.record.step("copies")))

    def undo(self, known: StepRecord) -> StepRecord:
        return asyncio.run(Copies().undo(self.bench, known))

    def preflight(self) -> StepRecord:
        body = self.source.objects[DEPLOYMENT_PATH]
        facts = parse_deployment(body)
        survey = Survey(self.bench.source, self.bench.target, self.journal.record, body, facts, None)
        return asyncio.run(Copies().preflight(survey))

    def written(self) -> list[str]:
        """What was done to the target, and where the journal first spoke of each note, in order."""
        told: list[str] = []
        known: set[str] = set()
        for request in self.requests:
            if request[0] == "JOURNAL":
                notes = {note.key for note in request[1].target_notes}
                told += [f"noted {key.rsplit('/', 1)[-1]}" for key in sorted(notes - known)]
                known |= notes
            elif request[1] == "osaka":
                told.append(f"{request[0]} {request[2].rsplit('/', 1)[-1]}")
        return told


def _side(api: RecordingApi) -> ClusterSide:
    return ClusterSide(api, "shop", "checkout")  # type: ignore[arg-type]


def test_each_copy_is_journaled_before_the_next_one_is_created() -> None:
    place = Place()
    known = place.prepare()
    assert place.written() == ["POST settings", "noted settings", "POST checkout", "noted checkout"]
    assert [note.key for note in known.target] == [MAP_PATH, DEPLOYMENT_PATH]
    uid = place.target.objects[DEPLOYMENT_PATH]["metadata"]["uid"]
    assert place.journal.record.target.deployment_uid == uid
    assert place.target.objects[DEPLOYMENT_PATH]["spec"]["replicas"] == 0


def test_prepared_again_it_finds_what_it_created_before() -> None:
    place = Place()
    first = place.prepare()
    assert place.prepare() == first
    assert [line for line in place.written() if "POST" in line] == ["POST settings", "POST checkout"]


def test_an_equal_object_of_others_is_used_and_stays_theirs() -> None:
    place = Place()
    theirs = {"kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"}}
    place.target.put(MAP_PATH, theirs)
    known = place.prepare()
    assert [note.key for note in known.target] == [DEPLOYMENT_PATH]
    assert place.undo(known).target == ()
    assert MAP_PATH in place.target.objects


@pytest.mark.parametrize(
    ("path", "theirs"),
    [
        (MAP_PATH, {"kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "2"}}),
        (DEPLOYMENT_PATH, {"kind": "Deployment", "metadata": {"name": "checkout"}, "spec": {}}),
    ],
)
def test_another_object_of_the_name_ends_the_move_and_stays_as_it_is(
    path: str, theirs: dict[str, Any]
) -> None:
    place = Place()
    place.target.put(path, theirs)
    with pytest.raises(MoveFailed) as failed:
        place.prepare()
    assert failed.value.reason.code is Code.COPY_CONFLICT
    assert f"POST {path.rsplit('/', 1)[-1]}" not in place.written()


def test_undo_takes_back_the_deployment_first_and_forgets_it() -> None:
    place = Place()
    known = place.prepare()
    assert place.undo(known).target == ()
    assert place.written()[-2:] == ["DELETE checkout", "DELETE settings"]
    assert place.journal.record.target.deployment_uid is None
    assert place.undo(StepRecord("copies")).target == ()


def test_undo_finds_what_was_created_just_before_a_crash() -> None:
    place = Place()
    place.prepare()
    place.undo(StepRecord("copies"))
    assert MAP_PATH not in place.target.objects
    assert DEPLOYMENT_PATH not in place.target.objects


@pytest.mark.parametrize("expired", list(Side))
def test_nothing_is_created_or_deleted_while_a_lease_is_not_valid(expired: Side) -> None:
    place = Place()
    place.leases.expired = {expired}
    with pytest.raises(LeaseUncertain):
        place.prepare()
    assert MAP_PATH not in place.target.objects
    place.leases.expired = set()
    known = place.prepare()
    place.leases.expired = {expired}
    with pytest.raises(LeaseUncertain):
        place.undo(known)
    assert DEPLOYMENT_PATH in place.target.objects


@pytest.mark.parametrize("change", ["uid", "label"])
def test_undo_leaves_what_is_not_ours_any_more(change: str) -> None:
    place = Place()
    known = place.prepare()
    metadata = place.target.objects[MAP_PATH]["metadata"]
    if change == "uid":
        metadata["uid"] = "another"
    else:
        metadata["labels"][MIGRATION_LABEL] = "another"
    place.undo(known)
    assert MAP_PATH in place.target.objects


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/shop/secrets/token",
        "/api/v1/namespaces/other/configmaps/settings",
        "/api/v1/namespaces/shop/configmaps/..",
        "/api/v1/namespaces/shop/configmaps/settings?propagationPolicy=Orphan",
        "/api/v1/namespaces/shop/configmaps/settings?dryRun=",
        "/api/v1/namespaces/shop/configmaps/%2e%2e",
        "/api/v1/namespaces/shop/configmaps/",
    ],
)
def test_undo_deletes_no_other_kind_and_in_no_other_namespace_whatever_the_journal_says(path: str) -> None:
    place = Place()
    labels = {MIGRATION_LABEL: "m1"}
    place.target.put(path, {"metadata": {"name": "x", "uid": "theirs", "labels": labels}})
    with pytest.raises(HoldNeeded) as held:
        place.undo(StepRecord("copies", target=(Note(path, "theirs"),)))
    assert held.value.reason.code is Code.COPY_PATH_FOREIGN
    assert path in place.target.objects


def test_the_preflight_foresees_every_note() -> None:
    place = Place()
    foreseen = place.preflight()
    assert place.written() == [], "nothing is changed by it"
    known = place.prepare()
    assert [note.key for note in foreseen.target] == [note.key for note in known.target]


def test_a_move_whose_pods_need_what_is_missing_is_refused() -> None:
    place = Place()
    place.source.objects.pop(MAP_PATH)
    with pytest.raises(MigrationRefused) as refused:
        place.preflight()
    assert refused.value.reason.code is Code.COPY_ORIGINAL_MISSING


def test_a_move_over_another_object_of_a_copys_name_is_refused() -> None:
    place = Place()
    theirs = {"kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "2"}}
    place.target.put(MAP_PATH, theirs)
    with pytest.raises(MigrationRefused) as refused:
        place.preflight()
    assert refused.value.reason.code is Code.COPY_EXISTS_ALREADY


def test_a_secret_has_to_be_there_and_is_never_copied() -> None:
    place = Place()
    spec = place.source.objects[DEPLOYMENT_PATH]["spec"]["template"]["spec"]
    spec["imagePullSecrets"] = [{"name": "registry"}]
    with pytest.raises(MigrationRefused) as refused:
        place.preflight()
    assert refused.value.reason == Code.SECRET_MISSING.because(context="osaka", name="registry")


def test_a_target_that_would_change_the_pods_refuses_the_move() -> None:
    """A webhook that adds a container would have other pods serve than those that were moved."""
    place = Place()
    create = place.target.create

    async def inject(
        collection: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        answer = deepcopy(await create(collection, body, **options))
        if answer["kind"] == "Deployment":
            answer["spec"]["template"]["spec"]["containers"].append({"name": "sidecar"})
        return answer

    place.target.create = inject  # type: ignore[method-assign]
    with pytest.raises(MigrationRefused) as refused:
        place.preflight()
    assert refused.value.reason == Code.TEMPLATE_WOULD_CHANGE.because(context="osaka")


def test_a_kind_that_the_target_does_not_know_is_no_consent_to_a_copy() -> None:
    """The namespace is there: an API server that answers 404 has not said that the copy could be made."""
    place = Place()

    async def know_nothing(
        collection: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        raise answered("osaka", 404, "404 page not found", request=f"POST {collection}")

    place.target.create = know_nothing  # type: ignore[method-assign]
    with pytest.raises(ObjectNotFound):
        place.preflight()


def test_nothing_is_created_under_a_lease_that_ends_before_the_request_leaves() -> None:
    place = Place()
    place.target.before_sending = lambda: place.leases.expired.add(Side.TARGET)
    with pytest.raises(LeaseUncertain):
        place.prepare()
    assert place.written() == []


def test_nothing_is_deleted_under_a_lease_that_ends_before_the_request_leaves() -> None:
    place = Place()
    known = place.prepare()
    place.target.before_sending = lambda: place.leases.expired.add(Side.TARGET)
    with pytest.raises(LeaseUncertain):
        place.undo(known)
    assert [line for line in place.written() if "DELETE" in line] == []


BUDGETS = paths.collection("poddisruptionbudgets", "shop")
POLICIES = paths.collection("networkpolicies", "shop")


def selecting(name: str, field: str, selector: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {field: selector}}


def test_a_budget_and_a_policy_that_select_the_pods_by_expressions_travel_along() -> None:
    place = Place()
    by_expression = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["checkout", "cart"]}]}
    place.source.put(f"{BUDGETS}/budget", selecting("budget", "selector", by_expression))
    place.source.put(f"{POLICIES}/inward", selecting("inward", "podSelector", by_expression))
    known = place.prepare()
    assert {f"{BUDGETS}/budget", f"{POLICIES}/inward"} <= {note.key for note in known.target}
    assert place.target.objects[f"{POLICIES}/inward"]["kind"] == "NetworkPolicy"
    place.undo(known)
    assert not {f"{BUDGETS}/budget", f"{POLICIES}/inward"} & place.target.objects.keys()


@pytest.mark.parametrize("selector", [{}, {"matchLabels": {"app": "cart"}}, None])
def test_what_selects_a_whole_namespace_or_other_pods_binds_nobody_in_the_target(selector: Any) -> None:
    place = Place()
    place.source.put(f"{BUDGETS}/all", selecting("all", "selector", selector))
    place.source.put(f"{POLICIES}/all", selecting("all", "podSelector", selector))
    assert {note.key for note in place.prepare().target} == {MAP_PATH, DEPLOYMENT_PATH}
