"""The table of regions that ships with the program."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from oracle.regions import load_regions, suggest_region

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "regions.csv"


def test_three_providers_and_their_regions_are_known() -> None:
    regions = load_regions()
    assert {region.provider for region in regions.values()} == {"aws", "azure", "gcp"}
    assert len(regions) >= 137
    assert all(key == region.key for key, region in regions.items())


def test_every_region_lies_where_people_live_and_names_its_place() -> None:
    for region in load_regions().values():
        assert -60 < region.latitude_degrees < 75, region
        assert -180 <= region.longitude_degrees <= 180, region
        assert region.city, region
        assert region.country, region


@pytest.mark.parametrize(
    ("key", "latitude", "longitude"),
    [
        ("aws/eu-west-1", 53.3, -6.3),
        ("azure/spaincentral", 40.4, -3.7),  # the provider's own list has the sign wrong
        ("gcp/asia-southeast3", 13.8, 100.5),
        ("aws/sa-east-1", -23.5, -46.6),
    ],
)
def test_well_known_places(key: str, latitude: float, longitude: float) -> None:
    region = load_regions()[key]
    assert region.latitude_degrees == pytest.approx(latitude, abs=0.2)
    assert region.longitude_degrees == pytest.approx(longitude, abs=0.2)


def test_mistyped_region_gets_a_suggestion() -> None:
    assert suggest_region("aws/eu-wst-1") == "aws/eu-west-1"
    assert suggest_region("aws/us-esat-1") == "aws/us-east-1", "and not us-west-1"
    assert suggest_region("??") is None


def test_table_agrees_with_its_source() -> None:
    if not RECORDED.exists():
        pytest.skip("the table that the regions were made from is not here")
    regions = load_regions()
    with RECORDED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            region = regions[f"{row['provider']}/{row['region']}"]
            assert region.latitude_degrees == pytest.approx(float(row["lat"]), abs=0.001)
            assert region.longitude_degrees == pytest.approx(float(row["lon"]), abs=0.001)
