"""The air against an independent march at every pixel: 16 steps along the view, 8 towards the sun, no table.

The truth is computed in numpy. It takes the colours from the shader, so that it judges the method and not the
taste; everything else is written down a second time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from gl.frame import Frame
from gl.framebuffers import create_framebuffer, release_framebuffer
from gl.geometry import scattering
from gl.geometry.camera import Camera, Viewport
from gl.geometry.geodesy import to_unit_vectors
from gl.layers.atmosphere import SPOKES, AtmosphereLayer, web_corners, web_triangles
from gl.view import View, compute_view
from resources.loader import load_text

Array = NDArray[np.float64]
VIEWPORT = Viewport(320, 180)
FRAMES = [
    pytest.param(Camera(-20.0, 30.0, 4.4), (10.0, -30.0), id="day"),
    pytest.param(Camera(10.0, 30.0, 4.4), (15.0, -75.0), id="dusk"),
    pytest.param(Camera(150.0, 20.0, 3.0), (-20.0, -20.0), id="night"),
    pytest.param(Camera(0.0, 10.0, 6.0), (0.0, 178.0), id="sun behind the globe"),
    pytest.param(Camera(8.0, 48.0, 1.5), (20.0, -60.0), id="near"),
]


def constant(name: str) -> Array:
    found = re.search(rf"\b{name} = (?:vec3\()?([^;)]+)\)?;", load_text("shaders/atmosphere.vert"))
    assert found is not None, name
    return np.array([float(part) for part in found.group(1).split(",")])


def smoothstep(low: float, high: float, value: Array) -> Array:
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share))


def dot(a: Array, b: Array) -> Array:
    return np.asarray(np.sum(a * b, axis=-1))


def sunlight(places: Array, sun: Array) -> Array:
    radius = np.maximum(np.linalg.norm(places, axis=-1), 1.0)
    cosine = dot(places, sun) / radius
    lit = cosine > scattering.horizon_cosine(radius)
    return scattering.transmittance(radius, cosine, steps=8) * lit[..., None]


def air(eye: Array, ray: Array, near: Array, far: Array, sun: Array) -> tuple[Array, Array]:
    """Return light and what is left of the light behind it, shape (..., 3) each."""
    cosine, g = dot(ray, sun), float(constant("MIE_FORWARD")[0])
    rayleigh_phase = (3.0 / (16.0 * np.pi) * (1.0 + cosine**2))[..., None]
    mie_phase = ((1.0 - g * g) / (4.0 * np.pi * (1.0 + g * g - 2.0 * g * cosine) ** 1.5))[..., None]
    step = ((far - near) / 16.0)[..., None]
    light, depth = np.zeros(ray.shape), np.zeros(ray.shape)
    for number in range(16):
        places = eye + ray * (near[..., None] + (number + 0.5) * step)
        height = np.maximum(np.linalg.norm(places, axis=-1) - 1.0, 0.0)[..., None]
        rayleigh = scattering.RAYLEIGH_SCATTERING * np.exp(-height / scattering.RAYLEIGH_HEIGHT) * step
        haze = np.exp(-height / scattering.MIE_HEIGHT) * step
        extinction = rayleigh + scattering.MIE_EXTINCTION * haze
        arriving = constant("SUN") * sunlight(places, sun)
        scattered = rayleigh * (arriving * rayleigh_phase + constant("NIGHT_AIR"))
        scattered += arriving * scattering.MIE_SCATTERING * haze * mie_phase
        light += np.exp(-depth - 0.5 * extinction) * scattered
        depth += extinction
    return light, np.exp(-depth)


def sea(places: Array, ray: Array, sun: Array) -> Array:
    half_way = sun - ray
    half_way /= np.linalg.norm(half_way, axis=-1, keepdims=True)
    glint = np.maximum(dot(places, half_way), 0.0)[..., None] ** 40
    day = np.maximum(dot(places, sun), 0.0)[..., None]
    lit = constant("SEA") * constant("SUN") * day + constant("GLINT") * glint
    return sunlight(places, sun) * lit + constant("NIGHT_SEA")


def sky(view: View, tangent: Array, spoke: Array) -> Array:
    beyond = np.maximum(tangent * view.distance / np.sqrt(1.0 + tangent**2) - 1.0, 0.0)
    daylight = smoothstep(-0.55, 0.75, dot(spoke, view.sun_direction))
    halo = constant("HALO") * (daylight * np.exp(-beyond / constant("HALO_WIDTH")[0]))[..., None]
    far = smoothstep(0.0, 1.0, tangent / np.hypot(*view.half_extent))[..., None]
    return np.asarray(constant("SKY_NEAR") * (1.0 - far) + constant("SKY_FAR") * far + halo)


def true_picture(view: View) -> Array:
    """Return what every pixel should show, shape (height, width, 3), 0 to 255, bottom row first."""
    width, height = view.size_px
    x = (2.0 * (np.arange(width) + 0.5) / width - 1.0) * view.half_extent[0]
    y = (2.0 * (np.arange(height) + 0.5) / height - 1.0) * view.half_extent[1]
    across, upward = np.meshgrid(x, y)
    tangent = np.maximum(np.hypot(across, upward), 1e-9)
    spoke = (across[..., None] * view.right + upward[..., None] * view.up) / tangent[..., None]
    ray = view.forward + spoke * tangent[..., None]
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    middle = -dot(ray, view.eye)
    nearest = view.distance**2 - middle**2
    hits = nearest < 1.0
    shell = np.sqrt(np.maximum(scattering.TOP_RADIUS**2 - nearest, 0.0))
    end = np.where(hits, middle - np.sqrt(np.maximum(1.0 - nearest, 0.0)), middle + shell)
    sun = view.sun_direction.astype(np.float64)
    light, seen = air(view.eye, ray, middle - shell, end, sun)
    ground = view.eye + ray * end[..., None]
    grazing = 1.0 + dot(ray, ground / np.linalg.norm(ground, axis=-1, keepdims=True))
    kept = constant("HIGH_SUN_AIR")[0]
    light *= np.where(hits, kept + (1.0 - kept) * grazing**3, 1.0)[..., None]
    behind = np.where(hits[..., None], sea(ground, ray, sun), sky(view, tangent, spoke))
    return np.asarray(255.0 * (1.0 - np.exp(-(light + behind * seen))) ** (1.0 / 2.2))


@pytest.fixture
def drawn(context: moderngl.Context) -> Iterator[Callable[[View], Array]]:
    layer, target = AtmosphereLayer(context, noise=0.0), create_framebuffer(context, VIEWPORT.device_size)

    def draw(view: View) -> Array:
        target.use()
        layer.draw(a_frame(Camera(), (0.0, 0.0)), view)
        pixels = np.frombuffer(target.read(components=3, alignment=1), np.uint8)
        return pixels.reshape(view.size_px[1], view.size_px[0], 3).astype(np.float64)

    yield draw
    layer.release()
    release_framebuffer(target)


def a_frame(camera: Camera, sun: tuple[float, float]) -> Frame:
    return Frame(camera, VIEWPORT, to_unit_vectors(*sun).astype(np.float32))


@pytest.mark.parametrize(("camera", "sun"), FRAMES)
def test_the_web_agrees_with_a_march_at_every_pixel(
    drawn: Callable[[View], Array], camera: Camera, sun: tuple[float, float]
) -> None:
    view = compute_view(a_frame(camera, sun), is_flipped=False)
    difference = np.abs(drawn(view) - true_picture(view))
    assert difference.mean() < 1.0
    # The last hundredth are pixels on the limb itself, where the web has a soft edge and the march a hard one.
    assert np.quantile(difference, 0.99) < 4.0


def test_the_upside_down_picture_is_the_same_one(drawn: Callable[[View], Array]) -> None:
    frame = a_frame(Camera(10.0, 30.0), (15.0, -75.0))
    upright, flipped = (drawn(compute_view(frame, is_flipped)) for is_flipped in (False, True))
    # Pixels on an edge between two triangles may belong to the other one.
    assert np.abs(upright - flipped[::-1]).max() <= 2.0


def test_the_web_is_closed() -> None:
    triangles = web_triangles().reshape(-1, 3)
    assert triangles.min() == 0
    assert triangles.max() == len(web_corners()) - 1
    _, counts = np.unique(
        np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)), axis=0, return_counts=True
    )
    # Each edge joins two triangles, save on the innermost and on the outermost ring.
    assert counts.max() == 2
    assert (counts == 1).sum() == 2 * SPOKES
