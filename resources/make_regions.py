"""Makes `regions.json` from a table of cloud regions. Run by hand: python -m resources.make_regions
regions.csv

Reads a CSV with the columns provider, region, city, country, lat, lon (degrees); never imported by the
program.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

TARGET = Path(__file__).with_name("regions.json")
#: Regions that are newer than the table: provider, region, city, country, latitude, longitude. The place is
#: the city's, as for all others.
ADDITIONS: tuple[tuple[str, str, str, str, float, float], ...] = (
    ("gcp", "asia-southeast3", "Bangkok", "Thailand", 13.7563, 100.5018),
)

_Places = dict[str, dict[str, list[str | float]]]


def main(table: Path) -> None:
    """Write the target, one region per line so that a change is readable."""
    places: _Places = {}
    place: list[str | float]
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = [row["city"], row["country"], round(float(row["lat"]), 3), round(float(row["lon"]), 3)]
            places.setdefault(row["provider"], {})[row["region"]] = place
    for provider, region, city, country, latitude, longitude in ADDITIONS:
        place = [city, country, latitude, longitude]
        places.setdefault(provider, {}).setdefault(region, place)
    TARGET.write_text(_format(places), "utf-8")


def _format(places: _Places) -> str:
    blocks = []
    for provider, regions in sorted(places.items()):
        lines = [
            f"    {json.dumps(name)}: {json.dumps(place, ensure_ascii=False)}"
            for name, place in sorted(regions.items())
        ]
        blocks.append(f"  {json.dumps(provider)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
