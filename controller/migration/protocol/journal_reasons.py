"""What is wrong with a journal, all codes and the sentences that they make: the inner reasons of JOURNAL_UNREADABLE."""

from __future__ import annotations

from oracle.foundation.reason import ReasonCode, Severity

_ERROR = Severity.ERROR
_NEVER_WRITTEN = ", which this program never writes"


class JournalCode(ReasonCode):
    """Each member: its name for programs, how loudly it speaks, its sentence. `where`: the way to the field."""

    # its text
    TOO_LONG = "journal_too_long", _ERROR, "is longer than this program writes"
    NO_JSON = "journal_no_json", _ERROR, "is not JSON: {error}"
    NO_JOURNAL = "journal_no_journal", _ERROR, "does not look like one"
    VERSION_IMPOSSIBLE = (
        "journal_version_impossible",
        _ERROR,
        "has the version {version}, which never was one",
    )
    ANOTHER_WORKLOADS = "journal_another_workloads", _ERROR, "is of another workload than its Lease"

    # its fields
    NOTHING_AT = "journal_nothing_at", _ERROR, "has no {wanted} at {where}"
    FIELDS_DIFFER = (
        "journal_fields_differ", _ERROR, "differs at {where}: unknown {unknown:list}, missing {missing:list}",
    )  # fmt: skip
    NOT_OF_VERSION_1 = "journal_not_of_version_1", _ERROR, "differs at {where}: it is none of version 1"
    VALUE_WRONG = "journal_value_wrong", _ERROR, "has {value!r} at {where}, which is no {wanted}"
    REASON_TOO_DEEP = "journal_reason_too_deep", _ERROR, "has a reason too deep in others at {where}"
    PLAN_FOREIGN = "journal_plan_foreign", _ERROR, "has a plan at migration.plan that no program writes"

    # what its fields say together
    NAME_IMPOSSIBLE = (
        "journal_name_impossible",
        _ERROR,
        "has a name that is none in Kubernetes" + _NEVER_WRITTEN,
    )
    TWO_WORKLOADS = "journal_two_workloads", _ERROR, "has two workloads" + _NEVER_WRITTEN
    TWO_TARGETS = "journal_two_targets", _ERROR, "has two targets" + _NEVER_WRITTEN
    NO_TWO_CLUSTERS = "journal_no_two_clusters", _ERROR, "has no two clusters" + _NEVER_WRITTEN
    OTHER_WAVES = "journal_other_waves", _ERROR, "has other waves than its plan" + _NEVER_WRITTEN
    NO_FLOOR = "journal_no_floor", _ERROR, "has no floor or no room to move" + _NEVER_WRITTEN
    NO_TARGET_KEPT = (
        "journal_no_target_kept",
        _ERROR,
        "keeps replicas of a target that was not there" + _NEVER_WRITTEN,
    )
    STEPS_UNNAMED = "journal_steps_unnamed", _ERROR, "has steps without a name of their own" + _NEVER_WRITTEN
    NO_SUCH_WAY_BACK = (
        "journal_no_such_way_back",
        _ERROR,
        "is of a way back of no move, or of a move that is none" + _NEVER_WRITTEN,
    )
    COST_BELOW_ZERO = "journal_cost_below_zero", _ERROR, "has a cost below zero" + _NEVER_WRITTEN
    WAVE_IMPOSSIBLE = "journal_wave_impossible", _ERROR, "has no such wave" + _NEVER_WRITTEN
    PHASE_NEVER_JOURNALED = (
        "journal_phase_never_journaled", _ERROR, "has the phase {phase}" + _NEVER_WRITTEN,
    )  # fmt: skip
    NO_WAY_OUT = "journal_no_way_out", _ERROR, "has no way out of its phase" + _NEVER_WRITTEN
    NO_WAY_BACK = "journal_no_way_back", _ERROR, "has the phase {phase} to come back to" + _NEVER_WRITTEN
