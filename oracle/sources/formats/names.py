"""What is bought, by the names that tools write: providers, regions, zones, machines, capacity types, systems. Pure.

Zone ids (`use1-az2`) are the same for every account, zone names are not. Which region an id is of follows from its
name: the beginning of the region's, the first letters of its direction and its number. Source: "AZ IDs" in the EC2 user
guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from oracle.market import CapacityType, Offering, OperatingSystem, is_priced_by_zone
from oracle.reasons import OracleCode
from oracle.sources.formats.cells import UnknownCell, cut

#: Characters of a provider, region, zone or machine; what is longer, no store keeps.
MAX_NAME_LENGTH = 256
#: Unknown regions for which a similar one is sought; seeking takes a millisecond.
MAX_SUGGESTIONS = 20

_PROVIDERS = {
    **dict.fromkeys(("aws", "amazon", "amazonwebservices", "amazonec2", "ec2"), "aws"),
    **dict.fromkeys(("azure", "microsoft", "microsoftazure"), "azure"),
    **dict.fromkeys(("gcp", "google", "googlecloud", "googlecloudplatform", "gce"), "gcp"),
}
#: Words of Kubernetes' labels, of the clouds and of what prints their prices, without signs and in small letters.
_CAPACITY_TYPES = {
    **dict.fromkeys(("spot", "preemptible", "spotinstance", "spotvm"), CapacityType.SPOT),
    **dict.fromkeys(("ondemand", "ondemandinstance", "payasyougo", "regular"), CapacityType.ON_DEMAND),
}
#: Products whose price is that of the machine with a system of Kubernetes, and no further licence.
_SYSTEMS = {
    **dict.fromkeys(("", "linux", "linuxunix", "linuxunixamazonvpc"), OperatingSystem.LINUX),
    **dict.fromkeys(("windows", "windowsamazonvpc"), OperatingSystem.WINDOWS),
}
_DIRECTIONS = {
    "east": "e",
    "west": "w",
    "north": "n",
    "south": "s",
    "central": "c",
    "southeast": "se",
    "northeast": "ne",
    "southwest": "sw",
    "northwest": "nw",
}
_ZONE_ID = re.compile(r"([a-z]+\d+)-(?:[a-z]+\d-)?az\d+", re.ASCII)
#: Zone names begin with their region's: `us-east-1a`, `us-west-2-lax-1a`, `us-central1-a`, `westeurope-1`.
_AFTER_REGION = {
    "aws": re.compile(r"[a-z]|(-[a-z]+-\d[a-z])", re.ASCII),
    "gcp": re.compile(r"-[a-z]", re.ASCII),
    "azure": re.compile(r"-\d", re.ASCII),
}
#: Clouds of their own, with prices, currencies and accounts of their own, that look like regions of the public ones.
_PARTITIONS = (
    ("aws", re.compile(r"cn-"), "AWS China, which bills in CNY"),
    ("aws", re.compile(r"us-gov-"), "AWS GovCloud"),
    ("aws", re.compile(r"us-iso|eu-iso|eusc-"), "a closed partition of AWS"),
    ("azure", re.compile(r"china"), "Azure China, which bills in CNY"),
    ("azure", re.compile(r"usgov|usdod|ussec|usnat"), "Azure Government"),
)
_AZURE_TYPE = re.compile(r"[A-Z]{1,3}\d[A-Za-z0-9-]*([_ ][A-Za-z0-9]+)*", re.ASCII)


class RawOffering(NamedTuple):
    """The cells that name what is bought, as they came; empty where a format has none."""

    provider: str = ""
    region: str = ""
    zone: str = ""
    instance_type: str = ""
    capacity: str = ""
    system: str = ""


class Names:
    """Knows the regions of the program."""

    def __init__(self, known: Iterable[str], suggest: Callable[[str], str | None] = lambda key: None) -> None:
        """`known` are keys `provider/region`; `suggest` finds the one that looks like a wrong one."""
        self._known = frozenset(known)
        self._suggest = suggest
        self._suggestions = 0
        self._by_region: dict[str, list[str]] = {}
        for provider, region in (key.split("/", 1) for key in self._known):
            self._by_region.setdefault(region, []).append(provider)
        self._zone_ids = {_to_zone_id(region): region for region in self._by_region}

    def find_offering(self, raw: RawOffering) -> Offering:
        """Return what the cells name. Raises: UnknownCell."""
        _check_lengths(raw)
        provider, region, zone = self._find_place(raw)
        capacity, system = find_capacity(raw.capacity), find_system(raw.system)
        if not raw.instance_type:
            raise UnknownCell(OracleCode.CELL_EMPTY.because(column="instance_type"))
        machine = find_machine(provider, raw.instance_type)
        kept = zone if is_priced_by_zone(provider, capacity) else ""
        return Offering(provider, region, machine, capacity, kept, system)

    def _find_place(self, raw: RawOffering) -> tuple[str, str, str]:
        """Return provider, region and zone, which may be empty."""
        provider = _find_provider(raw.provider)
        given = raw.region or raw.zone
        if not given:
            raise UnknownCell(OracleCode.CELL_EMPTY.because(column="region"))
        provider, region, zone = self._find_region(provider, given, raw.provider)
        if not raw.region or not raw.zone:
            return provider, region, zone
        tidy = f"{region}-{raw.zone}" if provider == "azure" and raw.zone.isdigit() else raw.zone
        if self._find_region(provider, tidy, raw.provider)[1] != region:
            raise UnknownCell(
                OracleCode.ZONE_ELSEWHERE.because(zone=cut(raw.zone), region=f"{provider}/{region}")
            )
        return provider, region, tidy.lower()

    def _find_region(self, provider: str | None, text: str, said: str) -> tuple[str, str, str]:
        """Return what the name of a region or of a zone means."""
        name = text.lower().replace(" ", "")
        if found := self._match(provider, name):
            return *found, ""
        if (
            (zone_id := _ZONE_ID.fullmatch(name))
            and zone_id[1] in self._zone_ids
            and provider in (None, "aws")
        ):
            return "aws", self._zone_ids[zone_id[1]], name
        for length in range(len(name) - 1, 0, -1):
            found = self._match(provider, name[:length])
            if found and _AFTER_REGION[found[0]].fullmatch(name[length:]):
                return *found, name
        raise self._describe_unknown(provider, name, text, said)

    def _match(self, provider: str | None, name: str) -> tuple[str, str] | None:
        providers = [one for one in self._by_region.get(name, ()) if provider in (None, one)]
        return (providers[0], name) if len(providers) == 1 else None

    def _describe_unknown(self, provider: str | None, name: str, text: str, said: str) -> UnknownCell:
        for owner, pattern, partition in _PARTITIONS:
            if provider in (None, owner) and pattern.match(name):
                shown = f"{owner}/{cut(text)}"
                return UnknownCell(OracleCode.REGION_OF_PARTITION.because(region=shown, partition=partition))
        key = f"{provider or cut(said)}/{cut(text)}".removeprefix("/")
        self._suggestions += 1
        suggestion = self._suggest(key) if self._suggestions <= MAX_SUGGESTIONS else None
        if suggestion:
            return UnknownCell(OracleCode.REGION_MISSPELT.because(region=key, suggestion=suggestion))
        return UnknownCell(OracleCode.REGION_UNKNOWN.because(region=key))


def _check_lengths(raw: RawOffering) -> None:
    for name, cell in zip(RawOffering._fields, raw, strict=True):
        if len(cell) > MAX_NAME_LENGTH:
            raise UnknownCell(OracleCode.CELL_TOO_LONG.because(column=name, limit=MAX_NAME_LENGTH))


def _find_provider(text: str) -> str | None:
    """Return the provider, None where the text is empty: a region's name is one cloud's."""
    if not text:
        return None
    provider = _PROVIDERS.get(squash(text))
    if provider is None:
        raise UnknownCell(OracleCode.PROVIDER_UNKNOWN.because(found=cut(text)))
    return provider


def _to_zone_id(region: str) -> str:
    """Return how the zone ids of a region of AWS begin: `use1` for us-east-1; the name itself for other clouds."""
    area, *rest = region.split("-")
    if len(rest) != 2 or rest[0] not in _DIRECTIONS:
        return region
    return f"{area}{_DIRECTIONS[rest[0]]}{rest[1]}"


def find_capacity(text: str) -> CapacityType:
    """Return how capacity is bought. Raises: UnknownCell."""
    found = _CAPACITY_TYPES.get(squash(text))
    if found is None:
        raise UnknownCell(
            OracleCode.CAPACITY_TYPE_UNKNOWN.because(found=cut(text))
            if text
            else OracleCode.CELL_EMPTY.because(column="capacity_type")
        )
    return found


def find_system(text: str) -> OperatingSystem:
    """Return the system; Linux where nothing is said. Raises: UnknownCell for products with other licences."""
    found = _SYSTEMS.get(squash(text))
    if found is None:
        raise UnknownCell(OracleCode.PRODUCT_UNKNOWN.because(found=cut(text)))
    return found


def find_machine(provider: str, text: str) -> str:
    """Return a machine as its nodes are labelled: Azure's short names (`D8s_v5`, `D8s v5`) get what is left out."""
    if provider != "azure":
        return text.lower()
    return f"Standard_{text.replace(' ', '_')}" if _AZURE_TYPE.fullmatch(text) else text


def squash(text: str) -> str:
    """Return letters and digits only, small: `On-Demand` and `on_demand` are one word."""
    return "".join(character for character in text.casefold() if character.isalnum())
