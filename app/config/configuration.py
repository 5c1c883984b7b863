"""Everything that a person can set, as one frozen value. Pure.

The fields declare the settings (`oracle/foundation/setting.py`); `layers.py` joins what file, environment and flags
say of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar

from app.moments import is_moment
from controller.clusters.settings import FleetSettings
from controller.decision.egress_settings import EgressSettings
from controller.decision.settings import DecisionSettings
from controller.history.settings import HistorySettings
from controller.migration.settings import MigrationSettings
from oracle.bounds import MAX_LIFE_S
from oracle.foundation.reason import Reason
from oracle.foundation.setting import Promise, section, setting
from oracle.price_settings import LivePriceSettings
from oracle.settings import OracleSettings
from oracle.sources.formats.money import are_rates, parse_rate

#: What may stand in the place of a file of prices.
LIVE, SIMULATED = "live", "simulated"
#: A day, or a day and a time with or without its zone.
MOMENT = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?"


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
        "Where prices come from: `live` asks the clouds (`[prices]`), `simulated` makes them up, anything else is a "
        "file in any format that `prices check` knows: a recording to replay, or with `--live` live ones.",
        none="live ones with real clusters, simulated ones with simulated clusters",
        example='"prices.csv"',
        key="prices.from",
        flag="--prices FILE",
    )
    live: bool = setting(
        False,
        "Whether the file of `--prices` is kept up to date: it is watched, and real clusters may be moved on it.",
        flag="--live",
    )
    price_life_s: float | None = setting(
        None,
        "How long a price of a file that is watched (`--live`) is believed once it was confirmed.",
        none="1800",
        example="600",
        minimum=1,
        maximum=MAX_LIFE_S,
        flag="--price-life-s N",
    )
    at: str | None = setting(
        None,
        "At which moment a recording stands, or from when on it is played with a speed.",
        none="the newest",
        pattern=MOMENT,
        allowed="a day like 2026-05-03 or a moment like 2026-05-03T14:16Z (UTC where no zone is said)",
        example='"2026-05-03"',
        key="prices.at",
        flag="--at TIME",
    )
    begin: str | None = setting(
        None,
        "From which moment on a recording is played, a day each second unless a speed is said.",
        none="the newest, standing still",
        pattern=MOMENT,
        allowed="a day like 2026-05-03 or a moment like 2026-05-03T14:16Z (UTC where no zone is said)",
        example='"2026-05-03"',
        key="prices.played_from",
        flag="--from TIME",
    )
    speed: float | None = setting(
        None,
        "How fast the market's time runs; a recording stands still at 0. At the maximum a year passes in three "
        "seconds; faster, a replay is over before it is seen.",
        unit="seconds of the market in one second",
        none="7200 for simulated prices; 86400 for a recording with `played_from`, else 0",
        example="3600",
        minimum=0,
        maximum=10_000_000,
        flag="--speed N",
    )
    rates: frozenset[str] = setting(
        frozenset(),
        "What one of another currency is in US dollars, for files of prices that are in it. Without its rate such a "
        "price is unknown.",
        example='["EUR=1.08"]',
        key="prices.rates",
        flag="--rate CODE=USD",
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
        none="key-ring in the user's data directory of this platform, made when the first real context is armed",
        example='"/run/secrets/sentinelaura/key-ring"',
        flag="--key-ring FILE",
    )
    decision: DecisionSettings = section(DecisionSettings(), "decision")
    egress: EgressSettings = section(EgressSettings(), "egress")
    migration: MigrationSettings = section(MigrationSettings(), "migration")
    history: HistorySettings = section(HistorySettings(), "history")
    oracle: OracleSettings = section(OracleSettings(), "oracle")
    live_prices: LivePriceSettings = section(LivePriceSettings(), "prices")
    clusters: FleetSettings = section(FleetSettings(), "clusters")
    #: Name of a setting -> where its value came from, where that is not the default.
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: What is allowed and still unwise.
    warnings: tuple[Reason, ...] = ()

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("live", "prices"),
            lambda given: not given.live or given.price_file is not None,
            "live needs a file of prices",
        ),
        Promise(
            ("live_prices.offline", "prices"),
            lambda given: not (given.live_prices.offline and given.prices == LIVE),
            "offline asks nobody for live prices; leave out one of the two",
        ),
        Promise(
            ("live", "speed"),
            lambda given: not given.live or given.speed is None,
            "live prices are not played; leave out speed or live",
        ),
        Promise(
            ("at", "begin", "prices", "live"),
            lambda given: (
                (given.at or given.begin) is None or (given.price_file is not None and not given.live)
            ),
            "at and played_from are moments of a recording; give one as prices, without live",
        ),
        Promise(
            ("at", "begin"),
            lambda given: given.at is None or given.begin is None,
            "a recording stands at a moment (at) or is played from one on (played_from)",
        ),
        Promise(
            ("at", "begin"),
            lambda given: all(is_moment(text) for text in (given.at, given.begin) if text is not None),
            "at and played_from must be days and times that there are",
        ),
        Promise(
            ("rates",),
            lambda given: are_rates(given.rates),
            "each of rates must be a currency and what one of it is in USD, such as EUR=1.08, and each currency once",
        ),
        Promise(
            ("speed", "prices"),
            lambda given: given.speed is None or given.speed >= 0.001 or given.price_file is not None,
            "the simulated market does not stand still; speed is at least 0.001 without a recording",
        ),
        Promise(
            ("price_life_s", "live"),
            lambda given: given.price_life_s is None or given.live,
            "price_life_s is of a file that is watched; say live too",
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
    def price_file(self) -> str | None:
        """The file that prices are read from; None where they are asked for or simulated."""
        return None if self.prices in (LIVE, SIMULATED) else self.prices

    @property
    def currency_rates(self) -> Mapping[str, Decimal]:
        """Code of a currency -> USD for one of it."""
        return dict(map(parse_rate, self.rates))

    @property
    def is_asking(self) -> bool:
        """Whether services are to be asked for prices: a person said so, or has real clusters and said nothing."""
        return self.prices == LIVE or (self.prices is None and not self.is_demo)

    @property
    def is_demo(self) -> bool:
        """Whether the clusters are simulated."""
        return self.kubeconfig is None
