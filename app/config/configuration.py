"""Everything that a person can set, as one frozen value. Pure.

The fields declare the settings (`oracle/foundation/setting.py`); `layers.py` joins what file, environment and flags
say of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from controller.clusters.settings import FleetSettings
from controller.decision.settings import DecisionSettings
from controller.history.settings import HistorySettings
from controller.migration.settings import MigrationSettings
from oracle.bounds import MAX_LIFE_S
from oracle.foundation.reason import Reason
from oracle.foundation.setting import Promise, section, setting
from oracle.settings import OracleSettings


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every setting. To add one, declare a field here or in the dataclass that needs it; nothing else is written."""

    kubeconfig: str | None = setting(
        None,
        "File with real clusters, or a list of files as in $KUBECONFIG, which is not read itself.",
        none="simulated clusters are started",
        example='"~/.kube/config"',
        flag="--kubeconfig FILE",
    )
    prices: str | None = setting(
        None,
        "File of prices (csv or csv.gz): a recording to replay, or with `live` live ones.",
        none="they are simulated",
        example='"prices.csv"',
        flag="--prices FILE",
    )
    live: bool = setting(
        False,
        "Whether the file of `prices` is kept up to date: it is watched, and real clusters may be moved on it.",
        flag="--live",
    )
    price_life_s: float | None = setting(
        None,
        "How long a live price holds once it was confirmed.",
        none="1800",
        example="600",
        minimum=1,
        maximum=MAX_LIFE_S,
        flag="--price-life-s N",
    )
    speed: float | None = setting(
        None,
        "How fast the market's time runs. At the maximum a year passes in three seconds; faster, a replay is over "
        "before it is seen.",
        unit="seconds of the market in one second",
        none="7200 for simulated prices, 86400 for recorded ones",
        example="3600",
        minimum=0.001,
        maximum=10_000_000,
        flag="--speed N",
    )
    seed: int = setting(
        7,
        "Seed of the simulated market and clusters: the same seed gives the same world.",
        unit="",
        minimum=0,
        maximum=2**63 - 1,
        flag="--seed N",
    )
    key_ring: str | None = setting(
        None,
        "File of the key ring with which this installation signs, and by which it believes what was signed; a mounted "
        "Secret will do. `sentinelaura keys` makes, shows and rotates it.",
        none="key-ring in the user's data directory of this platform, where there is one",
        example='"/run/secrets/sentinelaura/key-ring"',
        flag="--key-ring FILE",
    )
    decision: DecisionSettings = section(DecisionSettings(), "decision")
    migration: MigrationSettings = section(MigrationSettings(), "migration")
    history: HistorySettings = section(HistorySettings(), "history")
    oracle: OracleSettings = section(OracleSettings(), "oracle")
    clusters: FleetSettings = section(FleetSettings(), "clusters")
    #: Name of a setting -> where its value came from, where that is not the default.
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: What is allowed and still unwise.
    warnings: tuple[Reason, ...] = ()

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("live", "prices"),
            lambda given: not given.live or given.prices is not None,
            "live needs a file of prices",
        ),
        Promise(
            ("live", "speed"),
            lambda given: not given.live or given.speed is None,
            "live prices are not played; leave out speed or live",
        ),
        Promise(
            ("price_life_s", "live"),
            lambda given: given.price_life_s is None or given.live,
            "price_life_s is of live prices; say live too",
        ),
        Promise(
            (
                "migration.renew_deadline_s",
                "clusters.kube.request_timeout_s",
                "migration.lease_duration_s",
            ),
            lambda given: (
                given.migration.renew_deadline_s + given.clusters.kube.request_timeout_s
                <= given.migration.lease_duration_s
            ),
            "lease_duration_s must be at least renew_deadline_s plus request_timeout_s, or a write that was sent in "
            "time is answered after another instance has taken over",
        ),
        Promise(
            ("migration.price_margin_s", "oracle.refresh_s", "oracle.quote_life_s"),
            lambda given: given.migration.price_margin_s + given.oracle.refresh_s < given.oracle.quote_life_s,
            "quote_life_s must be longer than refresh_s plus price_margin_s, or no price is ever fresh enough for a "
            "wave",
        ),
        Promise(
            ("decision.budgets.cooldown_s", "history.move_memory_days"),
            lambda given: given.decision.budgets.cooldown_s <= given.history.move_memory_days * 86_400,
            "move_memory_days must be at least cooldown_s, or a restart forgets a rest before it is over",
        ),
    )

    @property
    def is_demo(self) -> bool:
        """Whether the clusters are simulated."""
        return self.kubeconfig is None
