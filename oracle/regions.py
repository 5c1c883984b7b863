"""The cloud regions that the program knows, read from the table that ships with it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache

from oracle.market import Region
from resources.loader import load_json


@cache
def load_regions() -> Mapping[str, Region]:
    """Return `provider/region` -> the region, for all that are known. Raises: ResourceError."""
    regions = {}
    for provider, places in load_json("regions.json").items():
        for name, (city, country, latitude, longitude) in places.items():
            region = Region(provider, name, city, country, latitude, longitude)
            regions[region.key] = region
    return regions


def suggest_region(key: str) -> str | None:
    """Return the known `provider/region` that looks most like `key`, for a message; None where none does."""
    letters = sorted(key)
    if turned := [known for known in load_regions() if sorted(known) == letters]:
        return turned[0]
    near = difflib.get_close_matches(key, load_regions(), n=1)
    return near[0] if near else None
