"""What it costs to move data between two regions, by directed pair. Pure.

The return trip has a price of its own: Tokyo to Virginia costs 4.5 times Virginia to Tokyo. Between two
providers the data goes over the internet and the source's internet rate counts. The rules come from
`resources/egress.json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fnmatch import translate
from typing import Any

from controller.decision.precision import Number, positive

ZERO = Decimal(0)


def sum_tiers(tiers: Iterable[tuple[Number | None, Number]], gb: Number, used_gb: Number) -> Number:
    """The price of `gb` after `used_gb`, in growing tiers of (up to GB, None: without end; USD per GB)."""
    total, start, end = gb * 0, used_gb, used_gb + gb
    for up_to_gb, usd_per_gb in tiers:
        stop = end if up_to_gb is None else end - positive(end - up_to_gb)
        sent = positive(stop - start)
        total, start = total + sent * usd_per_gb, start + sent
    return total


@dataclass(frozen=True, slots=True)
class EgressTier:
    """A price that holds up to a volume in a calendar month; `up_to_gb` None: without end."""

    up_to_gb: Decimal | None
    usd_per_gb: Decimal


@dataclass(frozen=True, slots=True)
class EgressRate:
    """The price of one directed route, in tiers of growing volume; `kind` says which one, for people."""

    tiers: tuple[EgressTier, ...]
    kind: str

    @classmethod
    def flat(cls, usd_per_gb: Decimal, kind: str) -> EgressRate:
        """A rate that does not depend on the volume."""
        return cls((EgressTier(None, usd_per_gb),), kind)

    def compute_usd(self, gb: Decimal, used_gb: Decimal = ZERO) -> Decimal:
        """The price of `gb` after `used_gb` were already sent this month. Raises: ValueError for a negative volume."""
        if gb < 0 or used_gb < 0:
            raise ValueError(f"a volume cannot be negative: {gb} GB after {used_gb} GB")
        return sum_tiers([(tier.up_to_gb, tier.usd_per_gb) for tier in self.tiers], gb, used_gb)


@dataclass(frozen=True, slots=True)
class EgressRule:
    """Regions that a rule speaks of, as one compiled pattern each, and its rate."""

    source: re.Pattern[str]
    target: re.Pattern[str]
    rate: EgressRate


@dataclass(frozen=True, slots=True)
class ProviderEgress:
    """One provider's rules; the first that matches counts."""

    same_region: EgressRate
    inter_region: tuple[EgressRule, ...]
    internet: tuple[EgressRule, ...]


@dataclass(frozen=True, slots=True)
class EgressTable:
    """provider -> rules. Remembers the routes it was asked for; otherwise immutable."""

    providers: Mapping[str, ProviderEgress]
    _found: dict[tuple[str, str, str, str], EgressRate | None] = field(default_factory=dict, compare=False)

    def find_rate(
        self, source_provider: str, source_region: str, target_provider: str, target_region: str
    ) -> EgressRate | None:
        """The rate of a route, or None where no rule knows it: an unknown price is not zero."""
        route = (source_provider, source_region, target_provider, target_region)
        if route not in self._found:
            self._found[route] = self._look_up(*route)
        return self._found[route]

    def _look_up(
        self, source_provider: str, source_region: str, target_provider: str, target_region: str
    ) -> EgressRate | None:
        rules = self.providers.get(source_provider)
        if rules is None:
            return None
        if source_provider != target_provider:
            return _first_match(rules.internet, source_region, target_region)
        if source_region == target_region:
            return rules.same_region
        return _first_match(rules.inter_region, source_region, target_region)


def _first_match(rules: Sequence[EgressRule], source: str, target: str) -> EgressRate | None:
    matching = (r.rate for r in rules if r.source.fullmatch(source) and r.target.fullmatch(target))
    return next(matching, None)


def parse_egress_table(document: Mapping[str, Any]) -> EgressTable:
    """Parse the content of `egress.json`. Raises: ValueError naming the provider and the rule."""
    if document.get("currency") != "USD":
        raise ValueError("egress rules: the currency must be USD")
    providers = {}
    for name, section in document["providers"].items():
        try:
            providers[name] = _parse_provider(section)
        except (KeyError, TypeError, InvalidOperation, ValueError) as error:
            raise ValueError(f"egress rules of {name}: {error!r}") from error
    return EgressTable(providers)


def _parse_provider(section: Mapping[str, Any]) -> ProviderEgress:
    groups = section["groups"]
    return ProviderEgress(
        same_region=EgressRate.flat(_parse_price(section["same_region"]), "within the region"),
        inter_region=tuple(
            EgressRule(
                source=_compile(rule["from"], groups),
                target=_compile(rule["to"], groups),
                rate=EgressRate.flat(_parse_price(rule["usd_per_gb"]), "between regions"),
            )
            for rule in section["inter_region"]
        ),
        internet=tuple(
            EgressRule(
                source=_compile(rule["from"], groups),
                target=_compile(["*"], groups),
                rate=EgressRate(_parse_tiers(rule["tiers"]), "over the internet"),
            )
            for rule in section["internet"]
        ),
    )


def _parse_tiers(tiers: Sequence[Mapping[str, Any]]) -> tuple[EgressTier, ...]:
    parsed = tuple(
        EgressTier(
            None if tier["up_to_gb"] is None else Decimal(tier["up_to_gb"]), _parse_price(tier["usd_per_gb"])
        )
        for tier in tiers
    )
    limits = [tier.up_to_gb for tier in parsed]
    finite = [limit for limit in limits[:-1] if limit is not None]
    if not parsed or limits[-1] is not None or len(finite) != len(limits) - 1 or finite != sorted(finite):
        raise ValueError("tiers must grow, and the last must be without end")
    return parsed


def _parse_price(text: str) -> Decimal:
    price = Decimal(text)
    if not price.is_finite() or price < 0:
        raise ValueError(f"{text!r} is not a price")
    return price


def _compile(patterns: Sequence[str], groups: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    """One pattern for a list of region patterns and `@group` names."""
    flat = [p for entry in patterns for p in (groups[entry[1:]] if entry.startswith("@") else [entry])]
    return re.compile("|".join(translate(pattern) for pattern in flat))
