"""How patient, how fast and how careful a migration is. Pure.

The defaults are for real clusters. The demo and the tests pass shorter times; no code asks whether it runs in
a demo.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

#: A node that has to be bought first takes minutes, whatever the Deployment hopes for.
MIN_VERIFY_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class MigrationSettings:
    """Times in seconds; each field with what it protects."""

    #: A Lease that nobody has renewed for this long may be taken over. The usual value of leader election;
    #: longer than `renew_deadline_s` plus one request timeout (10 s), so that a write sent in time has an
    #: answer before a takeover.
    lease_duration_s: float = 30.0
    #: After this long without a renewal of both Leases nothing more is written.
    renew_deadline_s: float = 20.0
    #: Between two renewals, and between two looks at a Lease that another instance holds.
    lease_retry_s: float = 5.0
    #: Between two fresh GETs while waiting for pods. A GET of one Deployment on each side costs an API server
    #: next to nothing, and a watch may be stale, so safety is never judged by one.
    poll_s: float = 2.0
    #: Before a request without an answer is looked into.
    retry_s: float = 1.0
    #: How long the target must stay available before the source is lowered.
    bake_s: float = 30.0
    #: How long a wave may take to become available; None: the Deployment's own progress deadline, but at least 300.
    verify_timeout_s: float | None = None
    #: How long SCALE_DOWN_SOURCE waits for the replica floor to be covered again, and SOAK for a target that wavers.
    wavering_timeout_s: float = 60.0
    #: Added to the pods' own grace period before SETTLE stops waiting for them.
    settle_margin_s: float = 10.0
    #: How long the source stays at 0 replicas, ready to be raised again, before the migration is done.
    soak_s: float = 1800.0
    #: How long HOLD waits, all its rounds together, before it rolls back (or, where it cannot, asks for a person).
    hold_timeout_s: float = 900.0
    #: How long a cluster may give no answer before that becomes a HOLD; shorter silences are only retried.
    unreachable_patience_s: float = 15.0
    #: A migration that is still not soaking after this long is rolled back.
    migration_timeout_s: float = 7200.0
    #: A quote must still be usable for this long when a wave's request is sent.
    price_margin_s: float = 1.0
    #: What going on must still be worth at every wave, US dollars; 0 means that stopping is never the better
    #: choice.
    min_remaining_usd: Decimal = Decimal(0)

    def verify_limit_s(self, progress_deadline_s: int | None) -> float:
        """Return how long a wave of a Deployment with this progress deadline may take, seconds."""
        if self.verify_timeout_s is not None:
            return self.verify_timeout_s
        return max(MIN_VERIFY_TIMEOUT_S, progress_deadline_s or 0.0)
