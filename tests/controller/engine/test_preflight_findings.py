"""What a preflight refused is remembered with the workload as it was; what ended otherwise is not."""

from types import SimpleNamespace

import pytest

from controller.clusters.fleet import Health
from controller.contract.snapshots import MigrationStage
from controller.engine.preflight_findings import PreflightFindings
from controller.reasons import Code
from tests.controller.decision.worlds import NOW, make_cluster, make_picture, make_workload, two_regions

MEMORY_S = 3600.0
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
    findings.follow([view(MigrationStage.RUNNING)], NOW, MEMORY_S)
    assert findings.current(PICTURE) == ()
    findings.follow([view(MigrationStage.REFUSED)], NOW + 5, MEMORY_S)
    [finding] = findings.current(PICTURE)
    assert (finding.workload, finding.target, finding.reason, finding.at) == (
        WORKLOAD, "virginia", NO_QUOTA, NOW,
    )  # fmt: skip


@pytest.mark.parametrize("stage", [stage for stage in MigrationStage if stage is not MigrationStage.REFUSED])
def test_move_that_went_any_other_way_is_no_finding(findings, stage):
    findings.follow([view(stage)], NOW, MEMORY_S)
    assert findings.current(PICTURE) == ()


@pytest.mark.parametrize("ended_at", [NOW, None], ids=["with its end", "without"])
def test_refusal_is_forgotten_after_its_time_and_not_found_again(findings, ended_at):
    refused = [view(MigrationStage.REFUSED, ended_at=ended_at)]
    findings.follow(refused, NOW, MEMORY_S)
    findings.follow(refused, NOW + MEMORY_S, MEMORY_S)
    assert findings.current(PICTURE) == ()


def test_newest_refusal_of_a_move_counts_beside_those_of_others(findings):
    findings.follow([view(MigrationStage.REFUSED)], NOW, MEMORY_S)
    findings.note_start("m2", WORKLOAD)
    findings.note_start("m3", WORKLOAD)
    again = view(MigrationStage.REFUSED, migration_id="m2", ended_at=NOW + 60, reason=NO_SECRET)
    other = view(MigrationStage.REFUSED, migration_id="m3", target="oregon")
    findings.follow([again, other], NOW + 60, MEMORY_S)
    assert {finding.target: finding.reason for finding in findings.current(PICTURE)} == {
        "virginia": NO_SECRET,
        "oregon": NO_QUOTA,
    }


def test_what_the_source_refused_is_in_the_way_of_every_target_until_it_is_forgotten(findings):
    findings.note_start("m2", WORKLOAD)
    quota = view(MigrationStage.REFUSED)
    scaled = view(MigrationStage.REFUSED, migration_id="m2", refused_by="tokyo", reason=AUTOSCALED)
    findings.follow([quota, scaled], NOW, MEMORY_S)
    assert {(finding.reason, finding.rules_out("oregon")) for finding in findings.current(PICTURE)} == {
        (NO_QUOTA, False),
        (AUTOSCALED, True),
    }


def test_migration_of_another_process_is_nothing_to_remember(findings):
    findings.follow([view(MigrationStage.REFUSED, migration_id="theirs")], NOW, MEMORY_S)
    assert findings.current(PICTURE) == ()


def test_a_source_that_gave_no_answer_once_is_offered_to_others(findings):
    silent = Code.ANSWER_TIMED_OUT.because(context="tokyo", server="https://tokyo")
    findings.follow([view(MigrationStage.REFUSED, reason=silent, refused_by="tokyo")], NOW, MEMORY_S)
    [finding] = findings.current(PICTURE)
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
    findings.follow([view(MigrationStage.REFUSED, refused_by="tokyo", reason=AUTOSCALED)], NOW, MEMORY_S)
    picture = make_picture(make_cluster("tokyo", WORKLOAD, **changes))
    assert bool(findings.current(picture)) is is_counted


def test_what_no_watch_tells_counts_where_all_autoscalers_are_known(findings):
    findings.follow([view(MigrationStage.REFUSED)], NOW, MEMORY_S)
    assert findings.current(make_picture(make_cluster("virginia", autoscalers={})))


def test_an_autoscaler_counts_where_its_cluster_is_no_longer_shown(findings):
    findings.follow([view(MigrationStage.REFUSED, refused_by="tokyo", reason=AUTOSCALED)], NOW, MEMORY_S)
    assert findings.current(make_picture())
