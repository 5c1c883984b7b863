"""From `egress.json` and a person's own prices to the rules of an `EgressTable`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from controller.contract.egress import EgressKind, EgressUnit, PriceSource, Trust
from controller.decision.egress import EgressRate
from controller.decision.egress_rules import EgressRule, EgressTable, compile_places
from controller.decision.egress_settings import EgressPrice, EgressSettings, ListedTiers, check_tiers

#: The lists of a provider in the file -> what they are prices of.
_LISTS = {
    "same_region": EgressKind.SAME_REGION,
    "inter_region": EgressKind.BETWEEN_REGIONS,
    "internet": EgressKind.INTERNET,
    "nat_gateway": EgressKind.NAT_GATEWAY,
    "cross_zone": EgressKind.CROSS_ZONE,
}
#: Prices have no more digits behind the point: the conversion of units stays exact in the 28 digits of a Decimal.
_MAX_DECIMALS = 6


def parse_egress_table(document: Mapping[str, Any], settings: EgressSettings) -> EgressTable:
    """Parse the content of `egress.json`, below a person's own prices. Raises: ValueError naming provider or price."""
    if document.get("currency") != "USD":
        raise ValueError("egress rules: the currency must be USD")
    shipped: dict[str, tuple[EgressRule, ...]] = {}
    units: dict[str, EgressUnit] = {}
    for name, section in document["providers"].items():
        try:
            units[name] = EgressUnit(section["unit"])
            shipped[name] = tuple(_parse_provider(name, section, document["sources"]))
        except (KeyError, TypeError, InvalidOperation, ValueError) as error:
            raise ValueError(f"egress rules of {name}: {error!r}") from error
    own = tuple(_parse_own(name, price, units) for name, price in settings.prices.items())
    return EgressTable(own, shipped, settings.providers)


def _parse_provider(
    name: str, section: Mapping[str, Any], sources: Mapping[str, Any]
) -> Iterator[EgressRule]:
    unit, groups = EgressUnit(section["unit"]), section["groups"]
    for list_name, kind in _LISTS.items():
        for rule in section[list_name]:
            rate = EgressRate.of_list(_parse_tiers(rule), kind, _parse_source(sources[rule["source"]]), unit)
            yield EgressRule(
                compile_places(_name_places(name, rule["from"], groups)),
                compile_places(_name_places(name, rule.get("to", ["*/*"]), groups)),
                rate,
            )


def _parse_source(source: Mapping[str, Any]) -> PriceSource:
    return PriceSource(source["text"], source["as_of"], Trust(source["trust"]))


def _parse_tiers(rule: Mapping[str, Any]) -> ListedTiers:
    """The tiers of a rule; one with `usd` is flat."""
    listed = rule["tiers"] if "tiers" in rule else [[None, rule["usd"]]]
    tiers = tuple((None if up_to is None else Decimal(up_to), _parse_price(usd)) for up_to, usd in listed)
    check_tiers(tiers)
    return tiers


def _parse_price(text: str) -> Decimal:
    price = Decimal(text)
    exponent = price.as_tuple().exponent
    if not isinstance(exponent, int) or price < 0 or exponent < -_MAX_DECIMALS:
        raise ValueError(f"{text!r} is not a price")
    return price


def _name_places(provider: str, places: Sequence[str], groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Patterns of `provider/region` for regions of this provider, names of groups (`@name`) and places of others."""
    for place in places:
        regions = groups[place[1:]] if place.startswith("@") else [place]
        yield from (region if "/" in region else f"{provider}/{region}" for region in regions)


def _parse_own(name: str, price: EgressPrice, units: Mapping[str, EgressUnit]) -> EgressRule:
    """A price of the configuration. Its tiers were checked when it was read."""
    unit = price.unit or units.get(price.source.partition("/")[0], EgressUnit.GB)
    source = PriceSource(price.note or f"egress.prices.{name} of your configuration", price.as_of, Trust.OWN)
    rate = EgressRate.of_list(price.list_tiers(), price.kind, source, unit)
    return EgressRule(compile_places([price.source]), compile_places([price.target]), rate)
