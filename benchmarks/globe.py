"""How long the globe takes: moving, still, and against the obvious ways to draw it.

Run by hand on a quiet machine: `python -m benchmarks.globe --json`. Everything is measured in interleaved rounds,
so that a machine that gets slower meanwhile slows all alike; ratios are medians of the rounds' ratios and can be
trusted further than milliseconds. `goals` says which of the project's limits held.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import moderngl
import numpy as np

from benchmarks.naive_globe import MarchedAir, NaivePoints, view_of
from gl.frame import Arcs, Aura, Frame, Markers
from gl.framebuffers import create_framebuffer
from gl.geometry.camera import Camera, Viewport
from gl.geometry.earth_points import choose_level, decode_levels
from gl.geometry.geodesy import to_unit_vectors
from gl.layers.atmosphere import AtmosphereLayer
from gl.layers.earth import EarthLayer
from gl.offscreen import OffscreenPresenter, create_offscreen_context
from gl.palette import ramp_colors
from resources.loader import load_bytes

MOVING_LIMIT_MS = 33.0
AIR_LIMIT_RATIO = 0.25
STILL_LIMIT_RATIO = 0.02
REGIONS = 15
FRAMES_PER_ROUND = 12


def demo_frame(viewport: Viewport, step: int) -> Frame:
    """Return frame number `step` of a turning globe: 15 regions, 2 arcs, 20 replicas on their way."""
    turn = np.arange(REGIONS)
    positions = to_unit_vectors(55.0 * np.sin(turn * 2.4), -180.0 + 24.0 * turn).astype(np.float32)
    colors, ones = ramp_colors(turn / (REGIONS - 1.0)), np.ones(REGIONS, np.float32)
    dots = np.arange(20)
    arcs = Arcs(
        starts=positions[[7, 8]],
        ends=positions[[10, 5]],
        colors=colors[[0, 7]],
        dash_lengths=np.array((0.0, 0.02), np.float32),
        dot_arcs=(dots // 10).astype(np.int32),
        dot_progress=((dots % 10 / 10.0 + step * 0.003) % 1.0).astype(np.float32),
    )
    return Frame(
        camera=Camera(10.0 + 2.0 * step, 25.0),
        viewport=viewport,
        sun_direction=to_unit_vectors(15.0, -40.0).astype(np.float32),
        markers=Markers(positions, colors, 7.0 * ones, ones, selected=7),
        aura=Aura(positions, 0.11 * ones, colors, ones),
        arcs=arcs,
        time_s=step / 30.0,
    )


def time_ms(action: Callable[[], object]) -> tuple[float, float]:
    """Return how long `action` takes by the clock, and how long it keeps processors busy, in milliseconds."""
    started, started_cpu = time.perf_counter(), time.process_time()
    action()
    return (time.perf_counter() - started) * 1000.0, (time.process_time() - started_cpu) * 1000.0


class Contestants:
    """Everything that is measured, in one context and one picture size."""

    def __init__(self, viewport: Viewport) -> None:
        self.viewport = viewport
        self.context = create_offscreen_context()
        self.presenter = OffscreenPresenter(self.context)
        self._pixels = bytearray(viewport.device_size[0] * viewport.device_size[1] * 4)
        with self.context:
            self._target = create_framebuffer(self.context, viewport.device_size)
            self.naive = NaivePoints(self.context, self._level())
            self._march = MarchedAir(self.context)
            self._air, self._earth = AtmosphereLayer(self.context), EarthLayer(self.context)

    def actions(self) -> dict[str, Callable[[Frame], object]]:
        """Name → what to time for a frame."""
        return {
            "moving": self.presenter.present,
            "still": self.presenter.present,
            "empty": self._present_nothing,
            "naive_globe": self._present_naively,
            "points": lambda frame: self._draw(lambda: self._earth.draw(frame, view_of(frame))),
            "naive_points": lambda frame: self._draw(lambda: self.naive.draw(view_of(frame))),
            "air": lambda frame: self._draw(lambda: self._air.draw(frame, view_of(frame))),
            "marched_air": lambda frame: self._draw(lambda: self._march.draw(view_of(frame))),
        }

    def _draw(self, draw: Callable[[], None]) -> None:
        with self.context:
            self._target.use()
            self.context.enable_only(moderngl.PROGRAM_POINT_SIZE)
            draw()
            self.context.finish()

    def _present_nothing(self, frame: Frame) -> None:
        with self.context:
            self._target.clear()
            self._target.read_into(self._pixels, components=4, alignment=1)

    def _present_naively(self, frame: Frame) -> None:
        view = view_of(frame)
        with self.context:
            self._target.use()
            self._march.draw(view)
            self.naive.draw(view)
            self._target.read_into(self._pixels, components=4, alignment=1)

    def _level(self) -> int:
        camera = demo_frame(self.viewport, 0).camera
        levels = decode_levels(load_bytes("land_points.bin"))
        return choose_level(levels, camera, self.viewport)


def run_round(contestants: Contestants, first_step: int) -> dict[str, float]:
    """Return each contestant's median over the frames of one round, in milliseconds."""
    times: dict[str, list[float]] = {}
    for step in range(first_step, first_step + FRAMES_PER_ROUND):
        frame = demo_frame(contestants.viewport, step)
        for name, action in contestants.actions().items():
            # "still" follows "moving" with a frame that looks the same but is another object.
            wanted = replace(frame) if name == "still" else frame
            wall_ms, cpu_ms = time_ms(lambda: action(wanted))  # noqa: B023 -- called at once
            times.setdefault(name, []).append(wall_ms)
            if name == "moving":
                times.setdefault("moving_cpu", []).append(cpu_ms)
    return {name: statistics.median(values) for name, values in times.items()}


def measure(viewport: Viewport, rounds: int) -> dict[str, object]:
    """Return the figures of one picture size."""
    contestants = Contestants(viewport)
    run_round(contestants, 0)
    results = [run_round(contestants, 1000 * number) for number in range(1, rounds + 1)]
    pairs = {
        "moving_to_naive_globe": ("moving", "naive_globe"),
        "moving_to_empty": ("moving", "empty"),
        "points_to_naive_points": ("points", "naive_points"),
        "air_to_marched_air": ("air", "marched_air"),
        "still_to_moving": ("still", "moving"),
    }
    return {
        "size": list(viewport.device_size),
        "renderer": contestants.presenter.renderer,
        "naive_points_count": contestants.naive.count,
        "ms": {name: round(statistics.median(r[name] for r in results), 3) for name in results[0]},
        "ratio": {
            name: round(statistics.median(r[a] / r[b] for r in results), 4) for name, (a, b) in pairs.items()
        },
        "idle_frames_drawn": count_idle_draws(contestants),
    }


def count_idle_draws(contestants: Contestants) -> int:
    """Return how many of 100 frames without a change were drawn."""
    contestants.presenter.present(demo_frame(contestants.viewport, 7))
    return sum(contestants.presenter.present(demo_frame(contestants.viewport, 7)) for _ in range(100))


def check_goals(result: dict[str, object]) -> dict[str, bool]:
    """Return goal → whether it held, for a picture of 1280 x 720."""
    milliseconds, ratio = result["ms"], result["ratio"]
    assert isinstance(milliseconds, dict)
    assert isinstance(ratio, dict)
    return {
        f"moving frame at most {MOVING_LIMIT_MS:.0f} ms": milliseconds["moving"] <= MOVING_LIMIT_MS,
        f"air at most {AIR_LIMIT_RATIO} of a march": ratio["air_to_marched_air"] <= AIR_LIMIT_RATIO,
        f"still frame at most {STILL_LIMIT_RATIO} of a moving one": ratio["still_to_moving"]
        <= STILL_LIMIT_RATIO,
        "nothing drawn while nothing changes": result["idle_frames_drawn"] == 0,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.globe", description="Time the globe.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=5, help="interleaved rounds for each size (default 5)")
    arguments = parser.parse_args()
    sizes = [measure(Viewport(*size), arguments.runs) for size in ((1280, 720), (1920, 1080))]
    report = {"sizes": sizes, "goals": check_goals(sizes[0])}
    if arguments.json:
        json.dump(report, sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    for size in sizes:
        print(f"{size['size']} on {size['renderer']}: ms {size['ms']}, ratios {size['ratio']}")
    for goal, held in check_goals(sizes[0]).items():
        print(f"{'held  ' if held else 'missed'} {goal}")


if __name__ == "__main__":
    main()
