"""Why what one instance asks of another is not done: all codes and sentences."""

from __future__ import annotations

from oracle.foundation.reason import ReasonCode, Severity


class RequestCode(ReasonCode):
    """Each member: its name for programs, how loudly it speaks, its sentence."""

    LEADER_SILENT = (
        "leader_silent",
        Severity.WARNING,
        "{holder} did not answer the request in the Lease: it runs elsewhere with another key ring, or has gone",
    )
    NOT_ASKED_WITHOUT_RING = (
        "not_asked_without_ring",
        Severity.WARNING,
        "it is led elsewhere, and without a key ring nobody there can be asked; `sentinelaura keys new` makes one, and "
        "`sentinelaura keys import` shares it",
    )
    NO_ANSWER = (
        "no_answer",
        Severity.WARNING,
        "process {pid} did not answer: whether it still writes is not known",
    )
    NO_SOCKETS = (
        "no_sockets",
        Severity.WARNING,
        "on this system no other process can be reached by a socket; stop each of them by its window, or end it",
    )
    NOBODY_RUNS = "nobody_runs", Severity.INFO, "no process of yours runs on this machine"
    REQUEST_FOREIGN = (
        "request_foreign",
        Severity.WARNING,
        "a request in its Lease was ignored: nobody with this key ring wrote it for this migration and its leader",
    )
    REQUEST_REPEATED = (
        "request_repeated",
        Severity.WARNING,
        "a request in its Lease was ignored: it was obeyed before",
    )
    REQUEST_TOO_OLD = (
        "request_too_old",
        Severity.WARNING,
        "a request in its Lease was ignored: it is too old, or the clocks of the two machines do not agree",
    )
    REQUEST_WITHOUT_RING = (
        "request_without_ring",
        Severity.WARNING,
        "a request in its Lease was ignored: this process has no key ring to tell who has written it",
    )
    STOP_IS_ANSWERED = "stop_is_answered", Severity.WARNING, "stopped by a request in a Lease"
    STANDS_STILL = (
        "stands_still",
        Severity.WARNING,
        "stands still until both of its contexts are armed again; an instance elsewhere that is armed goes on with it; "
        "`sentinelaura migrations show {migration_id}` says what else can be done",
    )
    TAKEN_BACK = (
        "taken_back",
        Severity.INFO,
        "{leader} leads the move and takes it back, as asked; `sentinelaura migrations list` says how far it is",
    )
    STOPPED = "stopped", Severity.INFO, "process {pid} has stopped: every context there is read-only now"
    NOT_LED_HERE = "not_led_here", Severity.WARNING, "this process does not lead that migration"
    NOT_QUEUED = (
        "not_queued",
        Severity.WARNING,
        "no move of {workload} waits in the queue of a process of yours on this machine; "
        "`sentinelaura migrations list` shows what waits and what has begun",
    )
    LEFT_QUEUE = (
        "left_queue",
        Severity.INFO,
        "{workload} is in the queue no more ({processes:list}); nothing of its move had begun",
    )
    PHASE_NOT_CANCELLED = (
        "phase_not_cancelled",
        Severity.WARNING,
        "in {phase} nothing can be cancelled",
    )
