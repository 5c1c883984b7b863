"""Everything that a person can set, as one frozen value. Pure.

The fields declare the settings (`oracle/setting.py`); `app/config/` reads them from file, environment and flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from controller.clusters.settings import FleetSettings
from controller.decision.settings import DecisionSettings
from controller.migration.settings import MigrationSettings
from oracle.setting import Promise, section, setting
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
        "Recorded prices to replay (csv or csv.gz).",
        none="they are simulated",
        example='"recorded.csv.gz"',
        flag="--prices FILE",
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
    decision: DecisionSettings = section(DecisionSettings(), "decision")
    migration: MigrationSettings = section(MigrationSettings(), "migration")
    oracle: OracleSettings = section(OracleSettings(), "oracle")
    clusters: FleetSettings = section(FleetSettings(), "clusters")
    #: Name of a setting -> where its value came from, where that is not the default.
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: What is allowed and still unwise, in sentences.
    warnings: tuple[str, ...] = ()

    promises: ClassVar[tuple[Promise, ...]] = (
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
    )

    @property
    def is_demo(self) -> bool:
        """Whether the clusters are simulated."""
        return self.kubeconfig is None
