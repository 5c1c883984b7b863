"""The points of the earth: their file, which of them a camera can see, and how dense they must be.

Pure: bytes in, arrays out. A level is one even lattice over the sphere of which only land is kept. Its
points are sorted into buckets: the cells of a grid on the six faces of a cube around the globe, in the
order of a Hilbert curve, so that buckets that are near each other on the globe mostly are near each other
in the buffer. A camera then needs few contiguous ranges, and the rasteriser meets neighbouring points one
after the other.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gl.geometry.camera import Camera, Viewport
from gl.geometry.geodesy import Vectors, normalize

MAGIC = b"SALAND01"
# Cells along one edge of a cube face; 384 buckets of about 11 degrees.
GRID = 8
# Depth of the Hilbert curve that orders the points of one face: 256 x 256 cells.
HILBERT_BITS = 8
# Distance in logical pixels below which points would merge to a grey: the next coarser level is taken. It holds
# for a picture 720 pixels high; a larger one shows more points, but not as many more as it has pixels.
MIN_SPACING_PX = 2.5
REFERENCE_HEIGHT_PX = 720.0
# Land and sea together. It keeps drivers without a GPU below about 55,000 visible points, 11 ms on two cores.
MAX_LATTICE_IN_VIEW = 75_000

_HEADER = struct.Struct("<8sII")
_LEVEL_HEADER = struct.Struct("<II")
# Outward axis, and the axes along which u and v grow, of each face. Neighbours in this list share an edge.
_FACES = (
    ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    ((0, 0, 1), (1, 0, 0), (0, -1, 0)),
    ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    ((0, 0, -1), (-1, 0, 0), (0, -1, 0)),
    ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    ((0, -1, 0), (0, 0, 1), (-1, 0, 0)),
)


@dataclass(frozen=True, slots=True, eq=False)
class PointLevel:
    """The land points of one lattice, in bucket order."""

    lattice_count: int
    """Points of the lattice on the whole sphere, sea included: its density."""
    points: NDArray[np.int16]
    """Shape (n, 4): x, y, z times 32767, and the share of sea around the point times 32767."""
    offsets: NDArray[np.uint32]
    """Where each bucket starts, and the end: shape (6 * GRID * GRID + 1,)."""

    @property
    def spacing_radians(self) -> float:
        """Typical distance between neighbours."""
        return float(np.sqrt(4.0 * np.pi / self.lattice_count))


@dataclass(frozen=True, slots=True, eq=False)
class BucketBounds:
    """A sphere around each bucket's piece of the globe's surface, in bucket order."""

    centers: Vectors
    """Unit vectors, shape (buckets, 3)."""
    angles: NDArray[np.float64]
    """Angle between the centre and the farthest corner in radians, shape (buckets,)."""


def encode_levels(levels: list[PointLevel]) -> bytes:
    """Return the file content for `levels`, coarsest first."""
    parts = [_HEADER.pack(MAGIC, GRID, len(levels))]
    for level in levels:
        parts.append(_LEVEL_HEADER.pack(level.lattice_count, len(level.points)))
        parts += [level.offsets.astype("<u4").tobytes(), level.points.astype("<i2").tobytes()]
    return b"".join(parts)


def decode_levels(content: bytes) -> list[PointLevel]:
    """Return the levels in a file's content, coarsest first. The arrays are views of `content`.

    Raises: ValueError where the content is no such file, or is cut off.
    """
    if len(content) < _HEADER.size or _HEADER.unpack_from(content)[:2] != (MAGIC, GRID):
        raise ValueError(f"not a land point file of version {MAGIC.decode()} with a grid of {GRID}")
    position, levels = _HEADER.size, []
    try:
        for _ in range(_HEADER.unpack_from(content)[2]):
            lattice_count, point_count = _LEVEL_HEADER.unpack_from(content, position)
            position += _LEVEL_HEADER.size
            offsets = np.frombuffer(content, "<u4", 6 * GRID * GRID + 1, position)
            position += offsets.nbytes
            points = np.frombuffer(content, "<i2", 4 * point_count, position).reshape(-1, 4)
            position += points.nbytes
            levels.append(PointLevel(lattice_count, points, offsets))
    except (ValueError, struct.error) as error:
        raise ValueError(f"the land point file is cut off at {len(content)} bytes") from error
    return levels


def bucket_numbers(places: Vectors) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how to sort places for drawing, and in which bucket each is.

    Args:
        places: unit vectors, shape (n, 3).
    Returns: indices in drawing order, shape (n,); bucket numbers in the order of `places`, shape (n,).
    """
    dominant = np.argmax(np.stack([places @ face[0] for face in _FACES], axis=1), axis=1)
    axes = np.array(_FACES, dtype=np.float64)[dominant]
    outward, along_u, along_v = (np.einsum("ni,ni->n", axes[:, row], places) for row in range(3))
    # The arc tangent evens out the cells: without it those in the corners of a face are a fifth of the middle's.
    cells = 1 << HILBERT_BITS
    u, v = (
        ((np.arctan2(part, outward) / (np.pi / 2.0) + 0.5) * cells).astype(np.int64).clip(0, cells - 1)
        for part in (along_u, along_v)
    )
    key = dominant * cells * cells + hilbert_index(u, v, HILBERT_BITS)
    return np.argsort(key, kind="stable"), key // (cells // GRID) ** 2


def hilbert_index(x: NDArray[np.int64], y: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Return the place of cells (x, y) of a grid of 2**bits on the Hilbert curve, same shape.

    Source: Warren, Hacker's Delight, 2nd edition, section 16-2 (the bit-by-bit walk down the curve).
    """
    x, y = x.copy(), y.copy()
    index = np.zeros_like(x)
    for bit in reversed(range(bits)):
        right, upper = (x >> bit) & 1, (y >> bit) & 1
        index = (index << 2) | ((3 * right) ^ upper)
        flip = (upper == 0) & (right == 1)
        mask = (1 << bit) - 1
        x, y = np.where(flip, mask - (x & mask), x & mask), np.where(flip, mask - (y & mask), y & mask)
        x, y = np.where(upper == 0, y, x), np.where(upper == 0, x, y)
    return index


@cache
def bucket_bounds() -> BucketBounds:
    """Return the bounds of all buckets, from the grid alone."""
    steps = np.linspace(-np.pi / 4.0, np.pi / 4.0, GRID + 1)
    corner_u, corner_v = np.meshgrid(np.tan(steps), np.tan(steps), indexing="ij")
    centers, angles = np.empty((6 * GRID * GRID, 3)), np.empty(6 * GRID * GRID)
    column, row = np.meshgrid(np.arange(GRID), np.arange(GRID), indexing="ij")
    order = hilbert_index(column, row, GRID.bit_length() - 1)
    for face, (outward, along_u, along_v) in enumerate(np.array(_FACES, dtype=np.float64)):
        corners = normalize(outward + corner_u[..., None] * along_u + corner_v[..., None] * along_v)
        cells = np.stack((corners[:-1, :-1], corners[1:, :-1], corners[:-1, 1:], corners[1:, 1:]), axis=2)
        middle = normalize(cells.sum(axis=2))
        reach = np.arccos(np.einsum("xyci,xyi->xyc", cells, middle).min(axis=2).clip(-1.0, 1.0))
        numbers = face * GRID * GRID + order
        centers[numbers], angles[numbers] = middle, reach
    return BucketBounds(centers, angles)


def visible_buckets(camera: Camera, aspect: float) -> NDArray[np.bool_]:
    """Return which buckets have a part above the horizon and inside the picture, shape (buckets,)."""
    bounds = bucket_bounds()
    horizon = np.arccos(1.0 / camera.distance)
    away = np.arccos((bounds.centers @ camera.direction).clip(-1.0, 1.0))
    above_horizon = away <= horizon + bounds.angles
    return np.asarray(above_horizon & _is_in_frustum(camera, aspect, bounds), dtype=np.bool_)


def merge_ranges(visible: NDArray[np.bool_], offsets: NDArray[np.uint32]) -> list[tuple[int, int]]:
    """Return the visible buckets as few (first point, point count) ranges, neighbours joined.

    Args:
        visible: shape (buckets,). offsets: shape (buckets + 1,).
    Invisible buckets without points (the oceans) do not split a range.
    """
    filled = offsets[1:] > offsets[:-1]
    numbers = np.flatnonzero(filled)
    edges = np.flatnonzero(np.diff(visible[numbers].astype(np.int8), prepend=0, append=0))
    firsts, lasts = numbers[edges[0::2]], numbers[edges[1::2] - 1]
    starts, ends = offsets[firsts].astype(int), offsets[lasts + 1].astype(int)
    return list(zip(starts.tolist(), (ends - starts).tolist(), strict=True))


def choose_level(levels: list[PointLevel], camera: Camera, viewport: Viewport) -> int:
    """Return the index of the densest level that suits: its points stand apart, and are not too many.

    It depends on the distance alone, never on how much land is in view: the earth must not change while it turns.
    """
    scale = camera.pixels_per_radian(viewport)
    least_px = MIN_SPACING_PX * max(1.0, viewport.height_px / REFERENCE_HEIGHT_PX) ** 0.5
    share = _share_in_view(camera, viewport)
    fitting = [
        index
        for index, level in enumerate(levels)
        if level.spacing_radians * scale >= least_px and level.lattice_count * share <= MAX_LATTICE_IN_VIEW
    ]
    return max(fitting, default=0)


def _share_in_view(camera: Camera, viewport: Viewport) -> float:
    """Return about which part of the sphere is in view: at most all above the horizon."""
    above_horizon = 0.5 * (1.0 - 1.0 / camera.distance)
    radians = camera.pixels_per_radian(viewport)
    in_picture = viewport.width_px * viewport.height_px / (radians * radians) / (4.0 * math.pi)
    return min(above_horizon, in_picture)


def _is_in_frustum(camera: Camera, aspect: float, bounds: BucketBounds) -> NDArray[np.bool_]:
    """Test bounding spheres against the four side planes.

    Source: Gribb and Hartmann 2001, "Fast extraction of viewing frustum planes".
    """
    matrix = camera.view_projection(aspect)
    planes = np.stack([matrix[:, 3] + sign * matrix[:, axis] for axis in (0, 1) for sign in (1.0, -1.0)])
    planes /= np.linalg.norm(planes[:, :3], axis=1, keepdims=True)
    # The chord to the farthest corner; the bulge of the surface stays inside.
    reach = 2.0 * np.sin(bounds.angles / 2.0)
    distances = bounds.centers @ planes[:, :3].T + planes[:, 3]
    return np.asarray(np.all(distances >= -reach[:, np.newaxis], axis=1), dtype=np.bool_)
