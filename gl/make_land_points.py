"""Makes `resources/land_points.bin`, the points that the earth is drawn with, from a map of its land.

Run by hand, only when the map or the levels change; the program ships its result. Needs Pillow (a test
dependency) and `land-50m.json` of the npm package world-atlas 2.0.2:

    python -m gl.make_land_points land-50m.json

What the file holds, and why it is laid out so, is said in `resources/land_points.md`. The program itself
does not import this module.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import resources
from gl.geometry.earth_points import GRID, MAGIC, PointLevel, bucket_numbers, encode_levels
from gl.geometry.geodesy import to_degrees

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Points of the whole sphere on each level, land and sea. The step of 2.2 keeps the spacing on the screen within
# a factor of 1.5; the last one is for the nearest zoom.
LATTICE_COUNTS = (36_000, 78_000, 170_000, 390_000, 900_000)
MAP_SIZE = (8192, 4096)
# A point is coastal as far as the land around it, at these angles, is missing.
COAST_PROBE_DEGREES = (0.45, 0.9)
COAST_PROBES = 10
GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))


def decode_arcs(topology: dict[str, Any]) -> list[Floats]:
    """Return the topology's arcs as longitude and latitude in degrees, shape (n, 2) each.

    Source: the TopoJSON specification 1.0, sections 2.1.2 and 2.1.3 (delta-encoded, quantised positions).
    """
    scale, translate = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    return [np.cumsum(np.array(arc), axis=0) * scale + translate for arc in topology["arcs"]]


def join_ring(arcs: list[Floats], numbers: list[int]) -> Floats:
    """Return one closed ring from arc `numbers`; the complement of a number means that arc backwards."""
    parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def unroll_ring(ring: Floats) -> Floats:
    """Return `ring` without jumps of longitude; one around the south pole is closed along the map's lower edge."""
    turns = np.round(np.diff(ring[:, 0], prepend=ring[0, 0]) / 360.0).cumsum()
    unrolled = ring - np.column_stack((360.0 * turns, np.zeros(len(ring))))
    first, last = unrolled[0, 0], unrolled[-1, 0]
    if abs(last - first) < 180.0:
        return np.asarray(unrolled)
    return np.concatenate((unrolled, ((last, -90.0), (first, -90.0))))


def draw_land(topology: dict[str, Any]) -> Mask:
    """Return whether there is land, shape (height, width), rows from north to south, columns from 180° W."""
    arcs = decode_arcs(topology)
    image = Image.new("1", MAP_SIZE)
    draw = ImageDraw.Draw(image)
    north_west = np.array((180.0, -90.0))
    to_pixels = np.array((MAP_SIZE[0] / 360.0, -MAP_SIZE[1] / 180.0))
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"]:
            for index, numbers in enumerate(polygon):
                ring = unroll_ring(join_ring(arcs, numbers))
                # What sticks out on one side of the map comes in on the other.
                for turn in (-360.0, 0.0, 360.0):
                    corners = (ring + north_west + (turn, 0.0)) * to_pixels
                    draw.polygon([tuple(corner) for corner in corners], fill=int(index == 0))
    return np.asarray(image)


def fibonacci_lattice(count: int) -> Floats:
    """Return `count` evenly spread unit vectors, shape (count, 3), from the north pole to the south pole.

    Source: Gonzalez 2010, "Measurement of areas on a sphere using Fibonacci and latitude-longitude lattices".
    """
    number = np.arange(count)
    y = 1.0 - (2.0 * number + 1.0) / count
    parallel, longitude = np.sqrt(1.0 - y * y), number * GOLDEN_ANGLE
    return np.stack((parallel * np.sin(longitude), y, parallel * np.cos(longitude)), axis=1)


def sample(land: Mask, places: Floats) -> Mask:
    """Return whether there is land at `places`, shape (n, 3)."""
    latitude, longitude = to_degrees(places)
    row = ((90.0 - latitude) * (MAP_SIZE[1] / 180.0)).astype(int).clip(0, MAP_SIZE[1] - 1)
    column = ((longitude + 180.0) * (MAP_SIZE[0] / 360.0)).astype(int) % MAP_SIZE[0]
    return np.asarray(land[row, column])


def coastal_share(land: Mask, places: Floats) -> Floats:
    """Return how much of the surroundings of `places` is sea, shape (n,), 0 inland to 1 on a tiny island."""
    east = np.cross((0.0, 1.0, 0.0), places)
    east /= np.maximum(np.linalg.norm(east, axis=1, keepdims=True), 1e-9)
    north = np.cross(places, east)
    sea = np.zeros(len(places))
    for radius in np.tan(np.radians(COAST_PROBE_DEGREES)):
        for turn in np.linspace(0.0, 2.0 * np.pi, COAST_PROBES, endpoint=False):
            sea += ~sample(land, places + radius * (np.cos(turn) * east + np.sin(turn) * north))
    return np.asarray(sea / (len(COAST_PROBE_DEGREES) * COAST_PROBES))


def make_level(land: Mask, lattice_count: int) -> PointLevel:
    """Return the land points of one lattice, in bucket order."""
    lattice = fibonacci_lattice(lattice_count)
    places = lattice[sample(land, lattice)]
    packed = np.column_stack((places, coastal_share(land, places)))
    order, buckets = bucket_numbers(places)
    offsets = np.searchsorted(buckets[order], np.arange(6 * GRID * GRID + 1))
    points = np.rint(packed[order] * 32767.0).astype("<i2")
    return PointLevel(lattice_count, points, offsets.astype("<u4"))


def main() -> None:
    """Read the map named on the command line and write `land_points.bin` among the resources."""
    land = draw_land(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    levels = [make_level(land, count) for count in LATTICE_COUNTS]
    target = Path(resources.__file__).with_name("land_points.bin")
    target.write_bytes(encode_levels(levels))
    counts = ", ".join(str(len(level.points)) for level in levels)
    sys.stdout.write(f"{target.name}: {MAGIC!r}, {counts} points, {target.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
