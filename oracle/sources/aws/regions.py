"""The regions of AWS as its public files name them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oracle.market import CapacityType, Offering

#: How offerings name the cloud.
PROVIDER = "aws"

#: Old names, which the public spot feed keeps for the first regions -> the names of today. Source: the feed itself, as
#: public clients of it read it.
_OLD_NAMES: Mapping[str, str] = {
    "us-east": "us-east-1",
    "us-west": "us-west-1",
    "eu-ireland": "eu-west-1",
    "apac-sin": "ap-southeast-1",
    "apac-syd": "ap-southeast-2",
    "apac-tokyo": "ap-northeast-1",
}


def find_region(name: str) -> str:
    """Return today's name of a region."""
    return _OLD_NAMES.get(name, name)


def list_spot_by_zone(offerings: Iterable[Offering]) -> frozenset[Offering]:
    """Return the spot machines among offerings of which the zone is known."""
    return frozenset(one for one in offerings if one.capacity_type is CapacityType.SPOT and one.zone)
