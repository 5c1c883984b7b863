from __future__ import annotations

from dataclasses import replace

from app.model.formatting import UNKNOWN
from app.model.names import distinct_names
from app.model.overlay_items import ItemKind, OverlayItem, make_items
from app.model.presenter import Focus
from controller.clusters.fleet import Health
from controller.contract.snapshots import EngineSnapshot, MigrationStage
from tests.app.scripted_engine import PRICE_LIFE_S, ScriptedEngine


def items_of(
    snapshot: EngineSnapshot, focus: Focus | None = None, now: float | None = None
) -> list[OverlayItem]:
    names = distinct_names(snapshot.contexts)
    at = snapshot.taken_at if now is None else now
    return list(make_items(snapshot, snapshot.migrations, focus or Focus(), names, True, at))


def of_kind(items: list[OverlayItem], kind: ItemKind) -> dict[str, OverlayItem]:
    return {item.context: item for item in items if item.kind is kind}


def test_each_source_with_a_cheaper_target_has_one_button_with_its_best_move(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    buttons = of_kind(items_of(snapshot), ItemKind.MIGRATE)
    assert buttons.keys() == {dry_run.workload.context for dry_run in snapshot.opportunities}
    best = snapshot.opportunities[0]
    button = buttons[best.workload.context]
    assert button.dry_run is best
    assert button.texts[0].startswith("Migrate render-farm · save $6.20/day\n→ Frankfurt (AWS)")
    assert button.texts[1] == "render-farm · $6.20/day\n→ Frankfurt (AWS)"


def test_a_saving_that_nobody_knows_is_not_zero(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    best = replace(snapshot.opportunities[0], source_usd_per_hour=None)
    buttons = of_kind(items_of(replace(snapshot, opportunities=(best,))), ItemKind.MIGRATE)
    assert (
        buttons[best.workload.context]
        .texts[0]
        .startswith(f"Migrate {best.workload.name} · save {UNKNOWN}/day")
    )


def test_a_button_says_everything_to_a_screen_reader(engine: ScriptedEngine) -> None:
    button = of_kind(items_of(engine.snapshot()), ItemKind.MIGRATE)["gcp-southamerica-west1"]
    assert button.accessible_name == (
        "Migrate render-farm from Santiago to Frankfurt (AWS), save $6.20 a day"
    )


def test_a_moving_workload_has_counters_at_both_ends_and_no_button(engine: ScriptedEngine) -> None:
    migration = engine.start_best()
    items = items_of(engine.snapshot())
    counters = of_kind(items, ItemKind.PROGRESS)
    assert counters.keys() == {migration.workload.context, migration.target}
    assert "6/6" in counters[migration.workload.context].texts[0]
    offered = {i.dry_run.workload for i in items if i.dry_run is not None}
    assert migration.workload not in offered


def test_counters_that_nobody_knows_are_not_zero(engine: ScriptedEngine) -> None:
    engine.start_best()
    snapshot = engine.snapshot()
    unknown = replace(snapshot.migrations[0], target_ready=None, target_desired=None)
    items = items_of(replace(snapshot, migrations=(unknown,)))
    assert of_kind(items, ItemKind.PROGRESS)[unknown.target].texts[0].endswith("?/?")
    ended = replace(unknown, stage=MigrationStage.ROLLED_BACK)
    counters = of_kind(items_of(replace(snapshot, migrations=(ended,))), ItemKind.PROGRESS)
    assert counters.keys() == {ended.workload.context}


def test_the_selected_region_shows_its_price_in_words(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    focus = Focus(selected="aws-eu-central-1")
    (label,) = of_kind(items_of(snapshot, focus), ItemKind.REGION).values()
    assert label.texts[0].startswith("Frankfurt · AWS · $0.06")
    (late,) = of_kind(items_of(snapshot, focus, engine.now + PRICE_LIFE_S), ItemKind.REGION).values()
    assert late.texts[0] == "Frankfurt · AWS · price expired"


def test_an_unreachable_region_says_so_instead_of_a_price(engine: ScriptedEngine) -> None:
    engine.set_health("aws-sa-east-1", Health.DENIED)
    items = items_of(engine.snapshot(), Focus(selected="aws-sa-east-1"))
    assert of_kind(items, ItemKind.REGION)["aws-sa-east-1"].texts[0] == "São Paulo · AWS · denied"
