from __future__ import annotations

from dataclasses import replace

from app.model.names import distinct_names
from tests.app.scripted_engine import ScriptedEngine


def test_names_tell_regions_of_one_city_apart(engine: ScriptedEngine) -> None:
    views = engine.snapshot().contexts
    names = distinct_names(views)
    assert names["aws-eu-central-1"] == "Frankfurt (AWS)"
    assert names["gcp-europe-west3"] == "Frankfurt (GCP)"
    assert names["azure-uksouth"] == "London"
    twins = distinct_names([views[0], replace(views[0], context="twin")])
    assert sorted(twins.values()) == ["Ashburn (aws-us-east-1)", "Ashburn (twin)"]


def test_hostile_names_are_shown_without_their_tricks(engine: ScriptedEngine) -> None:
    snapshot = engine.snapshot()
    view = replace(snapshot.contexts[0], city=None, region="eu\u202e\x07west<b>")
    assert distinct_names([view])[view.context] == "eu west<b>"
