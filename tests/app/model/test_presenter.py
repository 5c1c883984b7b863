from __future__ import annotations

import numpy as np
import pytest

from app.model.presenter import FINISHED_ARC_S, Focus, Presenter, spread_places
from controller.clusters.fleet import Health
from controller.contract.snapshots import MigrationStage
from gl.geometry.camera import Camera, Viewport
from gl.geometry.geodesy import angle_radians
from gl.palette import UNKNOWN
from tests.app.scripted_engine import PRICE_LIFE_S, ScriptedEngine

CAMERA, VIEWPORT = Camera(), Viewport(800, 600)


@pytest.fixture
def presenter(engine: ScriptedEngine) -> Presenter:
    presenter = Presenter()
    presenter.update(engine.snapshot(), engine.now, 0.0)
    return presenter


def test_an_unchanged_world_gives_a_frame_that_need_not_be_drawn(
    engine: ScriptedEngine, presenter: Presenter
) -> None:
    first = presenter.make_frame(CAMERA, VIEWPORT, Focus(), engine.now, 0.0)
    presenter.update(engine.snapshot(), engine.now, 5.0)
    assert presenter.make_frame(CAMERA, VIEWPORT, Focus(), engine.now + 1.0, 9.0).looks_like(first)


def test_dearer_regions_are_redder(engine: ScriptedEngine, presenter: Presenter) -> None:
    engine.set_price("aws-eu-central-1", 0.03)
    engine.set_price("gcp-europe-west3", 0.20)
    presenter.update(engine.snapshot(), engine.now, 0.0)
    colors = presenter.make_frame(CAMERA, VIEWPORT, Focus(), engine.now, 0.0).markers.colors
    cheap, dear = (
        colors[presenter.contexts.index(name)] for name in ("aws-eu-central-1", "gcp-europe-west3")
    )
    assert cheap[1] > cheap[0]
    assert dear[0] > dear[1]


def test_an_expired_price_goes_grey_although_nothing_arrives(
    engine: ScriptedEngine, presenter: Presenter
) -> None:
    presenter.refresh_prices(engine.now + PRICE_LIFE_S + 1.0)
    markers = presenter.make_frame(CAMERA, VIEWPORT, Focus(), engine.now, 0.0).markers
    assert np.allclose(markers.colors, UNKNOWN)
    assert not markers.glows.any()


def test_an_unreachable_context_alone_is_grey(engine: ScriptedEngine, presenter: Presenter) -> None:
    engine.set_health("aws-sa-east-1", Health.UNREACHABLE)
    presenter.update(engine.snapshot(), engine.now, 0.0)
    glows = presenter.make_frame(CAMERA, VIEWPORT, Focus(), engine.now, 0.0).markers.glows
    dark = [presenter.contexts[row] for row in np.flatnonzero(glows == 0.0)]
    assert dark == ["aws-sa-east-1"]


def test_the_selected_region_is_the_marked_one(engine: ScriptedEngine, presenter: Presenter) -> None:
    frame = presenter.make_frame(CAMERA, VIEWPORT, Focus(selected="aws-sa-east-1"), engine.now, 0.0)
    assert frame.markers.selected == presenter.contexts.index("aws-sa-east-1")


def test_a_running_migration_has_an_arc_and_its_dots(engine: ScriptedEngine, presenter: Presenter) -> None:
    migration = engine.start_best()
    presenter.update(engine.snapshot(), engine.now, 0.0)
    engine.advance(0.5)
    presenter.update(engine.snapshot(), engine.now, 0.5)
    arcs = presenter.make_frame(CAMERA, VIEWPORT, Focus(), engine.now, 1.5).arcs
    start = presenter.place_of(migration.workload.context)
    end = presenter.place_of(migration.target)
    assert np.allclose(arcs.starts, [start], atol=1e-6)
    assert np.allclose(arcs.ends, [end], atol=1e-6)
    assert len(arcs.dot_arcs) == 2
    assert presenter.is_animating(1.5)


def finish_best(engine: ScriptedEngine) -> None:
    engine.start_best()
    while engine.snapshot().migrations[0].stage is not MigrationStage.DONE:
        engine.advance(0.5)


def test_the_arc_stays_a_moment_after_the_end(engine: ScriptedEngine, presenter: Presenter) -> None:
    finish_best(engine)
    presenter.update(engine.snapshot(), engine.now, 100.0)
    assert len(presenter.shown_migrations(100.0)) == 1
    assert presenter.shown_migrations(100.0 + FINISHED_ARC_S) == ()


@pytest.mark.parametrize("jump_s", [-36_000.0, 36_000.0], ids=["back", "forward"])
def test_a_jump_of_the_wall_clock_neither_keeps_nor_cuts_the_moment(
    engine: ScriptedEngine, presenter: Presenter, jump_s: float
) -> None:
    finish_best(engine)
    presenter.update(engine.snapshot(), engine.now, 100.0)
    for now_s, shown in ((104.0, 1), (100.0 + FINISHED_ARC_S, 0)):
        presenter.update(engine.snapshot(), engine.now + jump_s, now_s)
        arcs = presenter.make_frame(CAMERA, VIEWPORT, Focus(), engine.now + jump_s, now_s).arcs
        assert len(presenter.shown_migrations(now_s)) == len(arcs.starts) == shown


def test_an_end_that_lies_in_the_future_is_one_that_was_just_heard_of(
    engine: ScriptedEngine, presenter: Presenter
) -> None:
    finish_best(engine)
    presenter.update(engine.snapshot(), engine.now - 36_000.0, 100.0)
    assert presenter.shown_migrations(100.0 + FINISHED_ARC_S) == ()


def test_a_considered_move_is_a_dashed_arc(engine: ScriptedEngine, presenter: Presenter) -> None:
    focus = Focus(preview=("aws-us-east-1", "aws-eu-central-1"))
    arcs = presenter.make_frame(CAMERA, VIEWPORT, focus, engine.now, 0.0).arcs
    assert arcs.dash_lengths.tolist() == pytest.approx([0.025])
    assert len(arcs.dot_arcs) == 0


def test_regions_in_one_city_are_drawn_apart_and_others_exactly() -> None:
    places = spread_places([(50.11, 8.68), (35.68, 139.69), (50.11, 8.68)])
    assert 0.5 < np.degrees(angle_radians(places[0], places[2])) < 3.0
    assert np.allclose(places[1], spread_places([(35.68, 139.69)])[0])


def test_nothing_known_is_a_globe_without_regions() -> None:
    frame = Presenter().make_frame(CAMERA, VIEWPORT, Focus(), 0.0, 0.0)
    assert len(frame.markers.positions) == 0
