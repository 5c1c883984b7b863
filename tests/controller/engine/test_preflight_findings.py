"""What a preflight refused is remembered with the workload as it was; what ended otherwise is not."""

from types import SimpleNamespace

import pytest

from controller.clusters.fleet import Health, WatchedKind
from controller.contract.snapshots import MigrationStage
from controller.engine.preflight_findings import PreflightFindings
from controller.reasons import Code
from tests.controller.decision.worlds import NOW, make_cluster, make_picture, make_workload, two_regions

WORKLOAD = make_workload()
PICTURE = two_regions()
NO_QUOTA = Code.QUOTA_UNREADABLE.because(context="virginia", quota="team", resource="pods")
NO_SECRET = Code.DEPENDENCY_MISSING.because(context="virginia", resource="secrets", name="tls")

AUTOSCALED = Code.AUTOSCALER_IN_THE_WAY.because(name="web", context="tokyo")


def view(stage, *, migration_id="m1", target="virginia", ended_at=NOW, reason=NO_QUOTA, refused_by=None):
    return SimpleNamespace(
        migration_id=migration_id,
        target=target,
        stage=stage,
        ended_at=ended_at,
        reason=reason,
        refused_by=refused_by or target,
    )


@pytest.fixture
def findings():
    found = PreflightFindings()
    found.note_start("m1", WORKLOAD)
    return found


def test_refusal_is_remembered_with_the_workload_that_was_started(findings):
    findings.follow([view(MigrationStage.RUNNING)], PICTURE, NOW)
    assert findings.current() == ()
    findings.follow([view(MigrationStage.REFUSED)], PICTURE, NOW + 5)
    [finding] = findings.current()
    assert (finding.workload, finding.target, finding.reason, finding.at) == (
        WORKLOAD, "virginia", NO_QUOTA, NOW,
    )  # fmt: skip


@pytest.mark.parametrize("stage", [stage for stage in MigrationStage if stage is not MigrationStage.REFUSED])
def test_move_that_went_any_other_way_is_no_finding(findings, stage):
    findings.follow([view(stage)], PICTURE, NOW)
    assert findings.current() == ()


@pytest.mark.parametrize("ended_at", [NOW, None], ids=["with its end", "without"])
def test_refusal_counts_until_the_clusters_answer_otherwise_and_is_not_found_again(findings, ended_at):
    refused = [view(MigrationStage.REFUSED, ended_at=ended_at)]
    findings.follow(refused, PICTURE, NOW)
    findings.follow(refused, PICTURE, NOW + 86_400)
    [finding] = findings.current()
    findings.forget(finding)
    findings.follow(refused, PICTURE, NOW + 86_401)
    assert findings.current() == ()


def test_refusal_is_forgotten_with_the_workload_that_it_was_about(findings):
    findings.follow([view(MigrationStage.REFUSED)], PICTURE, NOW)
    findings.follow([], make_picture(), NOW)
    findings.follow([], make_picture(make_cluster("tokyo")), NOW)
    assert findings.current(), "a workload that is out of sight may come back as it was"
    findings.follow([], make_picture(make_cluster("tokyo", make_workload(template_hash="newer"))), NOW)
    assert findings.current() == ()


def test_no_more_refusals_are_remembered_than_anybody_reads(findings, monkeypatch):
    monkeypatch.setattr("controller.engine.preflight_findings.MAX_FINDINGS", 2)
    refused = [view(MigrationStage.REFUSED, migration_id=f"m{n}", target=f"target-{n}") for n in (2, 3, 4)]
    for one in refused:
        findings.note_start(one.migration_id, WORKLOAD)
    findings.follow(refused, PICTURE, NOW)
    assert [finding.target for finding in findings.current()] == ["target-3", "target-4"]


@pytest.mark.parametrize(
    ("source", "target", "is_counted"),
    [(NOW + 1, NOW + 1, False), (NOW, NOW + 1, True), (NOW + 1, NOW, True), (None, NOW + 1, True)],
    ids=["both read since", "not the source", "not the target", "out of reach"],
)
def test_what_is_watched_counts_until_the_watches_have_read_it_again(findings, source, target, is_counted):
    taken = Code.NAMESAKE_SCALED.because(context="virginia", replicas=2, planned=0)
    findings.follow([view(MigrationStage.REFUSED, reason=taken)], PICTURE, NOW)

    def read(context, at, *workloads):
        if at is None:
            return make_cluster(context, *workloads, health=Health.UNREACHABLE)
        return make_cluster(context, *workloads, read_at=dict.fromkeys(WatchedKind, at))

    picture = make_picture(read("tokyo", source, WORKLOAD), read("virginia", target))
    findings.follow([], picture, NOW + 2)
    assert bool(findings.current()) is is_counted


def test_what_was_asked_about_longest_ago_is_asked_about_first_and_none_twice(findings):
    findings.note_start("m2", WORKLOAD)
    older = view(MigrationStage.REFUSED, target="oregon", migration_id="m2", ended_at=NOW - 60)
    findings.follow([view(MigrationStage.REFUSED), older], PICTURE, NOW)
    assert [finding.target for finding in findings.list_due(NOW)] == ["oregon", "virginia"]
    assert [finding.target for finding in findings.list_due(NOW - 60)] == ["oregon"]
    assert findings.find_next_due(600.0, NOW) == NOW + 540.0
    findings.note_question(next(findings.list_due(NOW)), NOW + 600)
    assert [finding.target for finding in findings.list_due(NOW + 599)] == ["virginia"]


def test_who_asks_for_a_dry_run_has_the_clusters_asked_at_once(findings):
    findings.follow([view(MigrationStage.REFUSED)], PICTURE, NOW)
    findings.ask_soon(WORKLOAD.key, "oregon")
    assert list(findings.list_due(NOW - 1)) == [], "that is another move"
    findings.ask_soon(WORKLOAD.key, "virginia")
    assert len(list(findings.list_due(NOW - 86_400))) == 1


def test_another_refusal_takes_the_place_of_the_one_that_was_asked_about(findings):
    findings.follow([view(MigrationStage.REFUSED)], PICTURE, NOW)
    [finding] = findings.current()
    findings.confirm(finding, NO_SECRET, "virginia", NOW + 60)
    [again] = findings.current()
    assert (again.reason, again.at, again.concerns_source) == (NO_SECRET, NOW + 60, False)
    findings.confirm(finding, NO_QUOTA, "virginia", NOW + 90)
    assert findings.current() == (again,), "what is no longer remembered cannot be confirmed"
    findings.confirm(again, AUTOSCALED, "tokyo", NOW + 120)
    [of_source] = findings.current()
    assert of_source.rules_out("oregon")


def test_newest_refusal_of_a_move_counts_beside_those_of_others(findings):
    findings.follow([view(MigrationStage.REFUSED)], PICTURE, NOW)
    findings.note_start("m2", WORKLOAD)
    findings.note_start("m3", WORKLOAD)
    again = view(MigrationStage.REFUSED, migration_id="m2", ended_at=NOW + 60, reason=NO_SECRET)
    other = view(MigrationStage.REFUSED, migration_id="m3", target="oregon")
    findings.follow([again, other], PICTURE, NOW + 60)
    assert {finding.target: finding.reason for finding in findings.current()} == {
        "virginia": NO_SECRET,
        "oregon": NO_QUOTA,
    }


def test_what_the_source_refused_is_in_the_way_of_every_target_until_it_is_forgotten(findings):
    findings.note_start("m2", WORKLOAD)
    quota = view(MigrationStage.REFUSED)
    scaled = view(MigrationStage.REFUSED, migration_id="m2", refused_by="tokyo", reason=AUTOSCALED)
    findings.follow([quota, scaled], PICTURE, NOW)
    assert {(finding.reason, finding.rules_out("oregon")) for finding in findings.current()} == {
        (NO_QUOTA, False),
        (AUTOSCALED, True),
    }


def test_migration_of_another_process_is_nothing_to_remember(findings):
    findings.follow([view(MigrationStage.REFUSED, migration_id="theirs")], PICTURE, NOW)
    assert findings.current() == ()


def test_a_source_that_gave_no_answer_once_is_offered_to_others(findings):
    silent = Code.ANSWER_TIMED_OUT.because(context="tokyo", server="https://tokyo")
    findings.follow([view(MigrationStage.REFUSED, reason=silent, refused_by="tokyo")], PICTURE, NOW)
    [finding] = findings.current()
    assert not finding.concerns_source


@pytest.mark.parametrize(
    ("changes", "is_counted"),
    [
        ({"autoscalers": {}}, False),
        ({"autoscalers": {("shop", "another"): "by-load"}}, False),
        ({"autoscalers": {("shop", "checkout"): "by-load"}}, True),
        ({"autoscalers": None}, True),
        ({"autoscalers": {}, "is_complete": False}, True),
        ({"autoscalers": {}, "health": Health.UNREACHABLE}, True),
    ],
    ids=["none is left", "of another", "still there", "not known", "not read yet", "out of reach"],
)
def test_an_autoscaler_counts_until_the_watch_of_its_cluster_knows_that_it_is_gone(
    findings, changes, is_counted
):
    findings.follow([view(MigrationStage.REFUSED, refused_by="tokyo", reason=AUTOSCALED)], PICTURE, NOW)
    picture = make_picture(make_cluster("tokyo", WORKLOAD, **changes))
    findings.follow([], picture, NOW)
    assert bool(findings.current()) is is_counted


def test_what_no_watch_tells_counts_where_all_autoscalers_are_known(findings):
    findings.follow(
        [view(MigrationStage.REFUSED)], make_picture(make_cluster("virginia", autoscalers={})), NOW
    )
    assert findings.current()


def test_an_autoscaler_counts_where_its_cluster_is_no_longer_shown(findings):
    refused = [view(MigrationStage.REFUSED, refused_by="tokyo", reason=AUTOSCALED)]
    findings.follow(refused, make_picture(), NOW)
    assert findings.current()
