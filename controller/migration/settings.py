"""How patient, how fast and how careful a migration is. Pure.

The defaults are for real clusters. The demo and the tests pass shorter times; no code asks whether it runs in
a demo. The ranges keep the promises of a migration: no setting makes a write unfenced or an unproven pod count.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from oracle.foundation.setting import Promise, setting

#: A node that has to be bought first takes minutes, whatever the Deployment hopes for.
MIN_VERIFY_TIMEOUT_S = 300.0

#: A pod that falls over as soon as it is Ready is not to pass for one that serves. Arbitrary.
MIN_BAKE_S = 1.0

_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class MigrationSettings:
    """Times in seconds; each field says what it protects."""

    lease_duration_s: float = setting(
        30.0,
        "A Lease that nobody has renewed for this long may be taken over. The usual value of leader election.",
        minimum=10,
        maximum=600,
    )
    renew_deadline_s: float = setting(
        20.0,
        "After this long without a renewal of both Leases nothing more is written.",
        minimum=5,
        maximum=590,
    )
    lease_retry_s: float = setting(
        5.0,
        "Between two renewals, and between two looks at a Lease that another instance holds.",
        minimum=1,
        maximum=60,
    )
    poll_s: float = setting(
        2.0,
        "Between two fresh reads while waiting for pods, at most: a watch that tells of a change has them read at "
        "once. A watch may be stale, so nothing is judged by one.",
        minimum=0.2,
        maximum=30,
    )
    retry_s: float = setting(
        1.0, "Before a request without an answer is looked into.", minimum=0.1, maximum=30
    )
    bake_s: float = setting(
        30.0,
        "How long the target must stay available before the source is lowered.",
        minimum=MIN_BAKE_S,
        maximum=3600,
    )
    bake_between_s: float | None = setting(
        None,
        "The same for the waves between the first one, which has shown that these pods serve, and the last one, after "
        "which none are left.",
        none="a third of bake_s, but at least 1 second",
        example="10",
        minimum=MIN_BAKE_S,
        maximum=3600,
    )
    verify_timeout_s: float | None = setting(
        None,
        "How long a wave may take to become available.",
        none="the Deployment's own progress deadline, but at least 300 seconds",
        example="600",
        minimum=10,
        maximum=_DAY_S,
    )
    wavering_timeout_s: float = setting(
        60.0,
        "How long a scale-down waits for the replica floor to be covered again, and SOAK for a target that wavers.",
        minimum=5,
        maximum=3600,
    )
    insure_after_s: float = setting(
        60.0,
        "How long the target may give no answer while the source runs fewer than all replicas, before the source is "
        "raised again without it.",
        minimum=5,
        maximum=3600,
    )
    settle_margin_s: float = setting(
        10.0,
        "Added to the pods' own grace period before a wave stops waiting for them to end.",
        minimum=1,
        maximum=600,
    )
    soak_s: float = setting(
        1800.0,
        "How long the source stays at 0 replicas, ready to be raised again, before the migration is done.",
        minimum=5,
        maximum=7 * _DAY_S,
    )
    hold_timeout_s: float = setting(
        900.0,
        "How long HOLD waits, all its rounds together, before it rolls back (or, where it cannot, asks for a "
        "person).",
        minimum=30,
        maximum=_DAY_S,
    )
    unreachable_patience_s: float = setting(
        15.0,
        "How long a cluster may give no answer before that becomes a HOLD; shorter outages are only retried.",
        minimum=1,
        maximum=600,
    )
    migration_timeout_s: float = setting(
        7200.0,
        "A migration that is still not soaking after this long is rolled back.",
        minimum=60,
        maximum=7 * _DAY_S,
    )
    price_margin_s: float = setting(
        1.0,
        "A quote must still be usable for this long when a wave's request is sent.",
        minimum=0.5,
        maximum=60,
    )
    min_remaining_usd: Decimal = setting(
        Decimal(0),
        "What going on must still be worth at every wave; 0 means that stopping is never the better choice.",
        minimum=0,
        maximum=1_000_000,
    )

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("lease_retry_s", "renew_deadline_s"),
            lambda given: 2 * given.lease_retry_s <= given.renew_deadline_s,
            "renew_deadline_s must leave time for two renewals, or one that fails stops the migration",
        ),
        Promise(
            ("bake_s", "verify_timeout_s"),
            lambda given: given.verify_timeout_s is None or given.bake_s < given.verify_timeout_s,
            "verify_timeout_s must be longer than bake_s, or no wave is ever verified",
        ),
        Promise(
            ("bake_between_s", "bake_s"),
            lambda given: given.bake_between_s is None or given.bake_between_s <= given.bake_s,
            "bake_between_s must not be longer than bake_s, or the waves between are held to more than the first",
        ),
        Promise(
            ("unreachable_patience_s", "hold_timeout_s"),
            lambda given: given.unreachable_patience_s <= given.hold_timeout_s,
            "hold_timeout_s must not be shorter than unreachable_patience_s, or a silent cluster is given up on "
            "before it is called silent",
        ),
    )

    @property
    def watch_gap_s(self) -> float:
        """Return after how long between two looks nobody has watched, seconds: longer than the usual wait and a silence
        that is only endured. A program that was frozen and a machine that slept were no watchers.
        """
        return self.poll_s + self.unreachable_patience_s

    @property
    def shorter_bake_s(self) -> float:
        """Return how long a wave between the first and the last has to serve, seconds."""
        return max(MIN_BAKE_S, self.bake_s / 3) if self.bake_between_s is None else self.bake_between_s

    def verify_limit_s(self, progress_deadline_s: int | None) -> float:
        """Return how long a wave of a Deployment with this progress deadline may take, seconds."""
        if self.verify_timeout_s is not None:
            return self.verify_timeout_s
        return max(MIN_VERIFY_TIMEOUT_S, progress_deadline_s or 0.0)
