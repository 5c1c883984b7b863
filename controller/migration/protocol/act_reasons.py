"""What a person can do about a migration, what each act changes, and why it cannot be done: all codes and sentences."""

from __future__ import annotations

from oracle.foundation.reason import ReasonCode, Severity


class ActCode(ReasonCode):
    """Each member: its name for programs, how loudly it speaks, its sentence."""

    # what a person can do about one that waits for them
    ADVICE_IN_GENERAL = (
        "advice_in_general",
        Severity.WARNING,
        "mend that, and it goes back to {source} by itself; or adopt {target}, restore {source} or abandon the move: "
        "`sentinelaura migrations show {migration_id}` says what each would change",
    )
    ADVICE_ON_DELETED_SOURCE = (
        "advice_on_deleted_source",
        Severity.WARNING,
        "create the Deployment in {source} again and restore the move, or adopt {target} as it is: "
        "`sentinelaura migrations show {migration_id}` says what each would change",
    )
    ADVICE_ON_DOUBT = (
        "advice_on_doubt",
        Severity.WARNING,
        "look at both sides, then adopt {target}, restore {source} or abandon the move: "
        "`sentinelaura migrations show {migration_id}` says what each would change",
    )
    ADVICE_ON_LOST_TARGET = (
        "advice_on_lost_target",
        Severity.WARNING,
        "cancel the move, and all stays in {source}; where {target} was only scaled to 0, raise it there, and the move "
        "goes on by itself: `sentinelaura migrations show {migration_id}` says what each act would change",
    )
    ADVICE_ON_MISSING_PODS = (
        "advice_on_missing_pods",
        Severity.WARNING,
        "once {source} has room for its pods it goes on by itself; or adopt {target} or abandon the move: "
        "`sentinelaura migrations show {migration_id}` says what each would change",
    )
    ADVICE_ON_NEWER_WORK = (
        "advice_on_newer_work",
        Severity.WARNING,
        "mend it in {target}, and the move goes on by itself; going back would delete what others have changed there "
        "since, and only a restore does that; or adopt {target}: "
        "`sentinelaura migrations show {migration_id}` says what each would change",
    )
    ADVICE_ON_OTHER_SOURCE = (
        "advice_on_other_source",
        Severity.WARNING,
        "restore the move if the Deployment in {source} is to take the first one's place, or adopt {target} as it is: "
        "`sentinelaura migrations show {migration_id}` says what each would change",
    )
    ADVICE_ON_REPLACED_CLUSTER = (
        "advice_on_replaced_cluster",
        Severity.WARNING,
        "start with a kubeconfig that has the former cluster; where it is gone for good, adopt {target} "
        "or abandon the move: `sentinelaura migrations show {migration_id}` says what each would change",
    )
    ADVICE_ON_SILENCE = (
        "advice_on_silence",
        Severity.WARNING,
        "it goes on by itself once that has passed; where it will not, adopt {target} or abandon the move: "
        "`sentinelaura migrations show {migration_id}` says what each would change",
    )

    # what a person's act on a migration changes, line by line, and why it cannot be done
    ACT_AFTER_END = (
        "act_after_end",
        Severity.WARNING,
        "this move is over ({phase}); there is nothing to decide",
    )
    ACT_BELOW_FLOOR = (
        "act_below_floor",
        Severity.WARNING,
        "{source} still runs {replicas:of replica} and {target} does not serve enough without them: "
        "{serving} serve there, {floor} are needed; scale {target} up first, or restore or abandon the move",
    )
    ACT_BESIDE_ANOTHER = (
        "act_beside_another",
        Severity.WARNING,
        "{context} has the journal of another move of this workload by now; this one can only be abandoned",
    )
    ACT_CANCELS = (
        "act_cancels",
        Severity.INFO,
        "the move goes back: {context} gets all {replicas:of replica}, and what was made in the target is removed",
    )
    ACT_CANCELS_SHIFT = (
        "act_cancels_shift",
        Severity.INFO,
        "the move goes back: {context} gets all {replicas:of replica}, and {target} keeps the {stays} that ran there",
    )
    ACT_CANCELS_NEWER_WORK = (
        "act_cancels_newer_work",
        Severity.WARNING,
        "{context} was changed by others since it serves alone, and a cancel would delete that unseen; restore the "
        "move instead, which says what it deletes",
    )
    ACT_DELETES_NEWER_WORK = (
        "act_deletes_newer_work",
        Severity.WARNING,
        "{context}: the version that {manager} has deployed there will be deleted; the source has the one before",
    )
    ACT_DELETES_COPIES = (
        "act_deletes_copies",
        Severity.INFO,
        "{context}: {created:of object} that this move created will be deleted",
    )
    ACT_DELETES_LABELLED = (
        "act_deletes_labelled",
        Severity.WARNING,
        "{context}: what the workload needs and what has the label of this move ({migration_id}) will be deleted",
    )
    ACT_ENDS_AS_DONE = (
        "act_ends_as_done",
        Severity.INFO,
        "the move ends as done: the workload is the one in {context}, and its fences are removed",
    )
    ACT_FINDS_NOTHING = "act_finds_nothing", Severity.INFO, "{context}: there is no such Deployment"
    ACT_FORGETS = (
        "act_forgets",
        Severity.INFO,
        "the fences and the journal of this move are removed: nothing goes on with it, and nothing tells of it",
    )
    ACT_GOES_BACK_ALREADY = (
        "act_goes_back_already",
        Severity.INFO,
        "the move is going back to {context} already",
    )
    ACT_LEAVES = (
        "act_leaves",
        Severity.INFO,
        "{context}: stays at {replicas:of replica}, of which {serving} serve",
    )
    ACT_LEAVES_FOREIGN = (
        "act_leaves_foreign",
        Severity.INFO,
        "{context}: the Deployment of this name is not the one of this migration and stays at {replicas:of replica}, "
        "of which {serving} serve",
    )
    ACT_LEAVES_UNREAD = (
        "act_leaves_unread",
        Severity.WARNING,
        "{context}: nothing is changed, because it cannot be read: {why}",
    )
    ACT_NEEDS_CLUSTER = "act_needs_cluster", Severity.WARNING, "{context} has to be readable for this: {why}"
    ACT_NEEDS_DEPLOYMENT = (
        "act_needs_deployment",
        Severity.WARNING,
        "{context} has no such Deployment; create it again first (0 replicas will do), or choose another act",
    )
    ACT_ON_DOUBTED_JOURNAL = (
        "act_on_doubted_journal",
        Severity.WARNING,
        "its two journals do not agree, or are older than its fences, so that nothing goes on or back by itself: "
        "adopt, restore or abandon it",
    )
    ACT_OUTDATED = (
        "act_outdated",
        Severity.WARNING,
        "what this would change is no longer what was shown; nothing was changed, please look again",
    )
    ACT_RESTORES_TOO_FEW = (
        "act_restores_too_few",
        Severity.WARNING,
        "nobody has signed the journal by which {source} would have {replicas:of replica} again, and {target} runs "
        "{kept} now; scale {source} up first, or adopt or abandon the move",
    )
    ACT_SCALES = (
        "act_scales",
        Severity.INFO,
        "{context}: goes from {before} to {after:of replica}",
    )
    ACT_TAKES_FOR_ORIGINAL = (
        "act_takes_for_original",
        Severity.WARNING,
        "{context}: the Deployment of this name is not the one that was moved; it takes its place",
    )
    ACT_THAWS = (
        "act_thaws",
        Severity.INFO,
        "{context}: the autoscaler {name}, which this move has frozen, scales again as its owner had it",
    )
    ACT_WHILE_UNDER_WAY = (
        "act_while_under_way",
        Severity.WARNING,
        "this move is under way ({phase}) and asks nobody: it goes on where somebody leads it and both sides are "
        "armed; to end it, cancel it first",
    )
    ACT_WITHOUT_JOURNAL = "act_without_journal", Severity.WARNING, "no Lease speaks of this move any more"
