"""Which price a route has: the first rule that speaks of it, with what a person has switched on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import translate

from controller.contract.egress import EgressKind
from controller.decision.egress import EgressRate
from controller.decision.egress_settings import ProviderEgress

NOTHING_SAID = ProviderEgress()


@dataclass(frozen=True, slots=True)
class EgressRule:
    """Places that a rule speaks of, both as `provider/region`, as one compiled pattern each, and its rate."""

    source: re.Pattern[str]
    target: re.Pattern[str]
    rate: EgressRate


def compile_places(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern for several of `provider/region`, in which `*` stands for anything."""
    return re.compile("|".join(translate(pattern) for pattern in patterns))


@dataclass(frozen=True, slots=True)
class EgressTable:
    """The rules, the first that matches counts. Remembers the routes it was asked for; otherwise immutable.

    own: a person's own, which come first.
    shipped: provider -> those for what leaves it.
    said: provider -> what a person says of it.
    """

    own: tuple[EgressRule, ...]
    shipped: Mapping[str, tuple[EgressRule, ...]]
    said: Mapping[str, ProviderEgress] = field(default_factory=dict)
    _found: dict[tuple[str, str, str, str], EgressRate | None] = field(default_factory=dict, compare=False)
    _listed: dict[tuple[str, EgressKind], tuple[EgressRule, ...]] = field(default_factory=dict, compare=False)
    #: The same rule with the same extras is the same object: the planner prices a volume once by each rate.
    _made: dict[tuple[int, ...], EgressRate] = field(default_factory=dict, compare=False)

    def find_rate(
        self, source_provider: str, source_region: str, target_provider: str, target_region: str
    ) -> EgressRate | None:
        """The rate of a route, or None where no rule knows it, or something that comes on top: unknown is not zero."""
        route = (source_provider, source_region, target_provider, target_region)
        if route not in self._found:
            self._found[route] = self._look_up(*route)
        return self._found[route]

    def _look_up(
        self, source_provider: str, source_region: str, target_provider: str, target_region: str
    ) -> EgressRate | None:
        source, target = f"{source_provider}/{source_region}", f"{target_provider}/{target_region}"
        kind = _find_way(source_provider, target_provider, source == target)
        rate = _find_first(self._list_rules(source_provider, kind), source, target)
        on_top = [
            _find_first(self._list_rules(source_provider, extra), source, target)
            for extra in self._list_extras(source_provider, kind)
        ]
        extras = [extra for extra in on_top if extra is not None]
        if rate is None or len(extras) < len(on_top):
            return None
        key = (id(rate), *map(id, extras))
        if key not in self._made:
            said = self.said.get(source_provider, NOTHING_SAID)
            self._made[key] = replace(
                rate,
                provider=source_provider,
                month_so_far_gb=said.month_so_far_gb,
                month=said.month,
                extras=tuple(extras),
            )
        return self._made[key]

    def _list_rules(self, provider: str, kind: EgressKind) -> tuple[EgressRule, ...]:
        """Those of one kind that are asked of what leaves a provider, in their order."""
        if (provider, kind) not in self._listed:
            rules = (*self.own, *self.shipped.get(provider, ()))
            self._listed[provider, kind] = tuple(rule for rule in rules if rule.rate.kind is kind)
        return self._listed[provider, kind]

    def _list_extras(self, provider: str, way: EgressKind) -> tuple[EgressKind, ...]:
        """What a person has switched on for what leaves a region of this provider."""
        if way is EgressKind.SAME_REGION:
            return ()
        said = self.said.get(provider, NOTHING_SAID)
        switched = ((said.nat_gateway, EgressKind.NAT_GATEWAY), (said.cross_zone, EgressKind.CROSS_ZONE))
        return tuple(kind for is_on, kind in switched if is_on)


def _find_way(source_provider: str, target_provider: str, is_same_region: bool) -> EgressKind:
    if source_provider != target_provider:
        return EgressKind.INTERNET
    return EgressKind.SAME_REGION if is_same_region else EgressKind.BETWEEN_REGIONS


def _find_first(rules: Iterable[EgressRule], source: str, target: str) -> EgressRate | None:
    for rule in rules:
        if rule.source.fullmatch(source) and rule.target.fullmatch(target):
            return rule.rate
    return None
