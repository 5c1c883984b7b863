"""Strategic merge patch: lists that are merged by key."""

from __future__ import annotations

from controller.simulation.api.strategic_merge import apply_strategic_merge


def test_items_merge_by_their_key_and_new_ones_are_appended() -> None:
    target = {"containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}]}
    patch = {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}]}, {"name": "b", "image": "3"}]}
    merged = apply_strategic_merge(target, patch)
    first, second = merged["containers"]
    assert first == {
        "name": "a",
        "image": "1",
        "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}],
    }
    assert second == {"name": "b", "image": "3"}


def test_item_is_deleted_by_its_key() -> None:
    target = {"volumes": [{"name": "a"}, {"name": "b"}]}
    patch = {"volumes": [{"name": "a", "$patch": "delete"}]}
    assert apply_strategic_merge(target, patch) == {"volumes": [{"name": "b"}]}


def test_list_can_be_replaced_as_a_whole() -> None:
    target = {"volumes": [{"name": "a"}]}
    patch = {"volumes": [{"$patch": "replace"}, {"name": "c"}]}
    assert apply_strategic_merge(target, patch) == {"volumes": [{"name": "c"}]}


def test_other_lists_are_replaced() -> None:
    assert apply_strategic_merge({"args": ["a", "b"]}, {"args": ["c"]}) == {"args": ["c"]}


def test_ports_merge_by_number() -> None:
    target = {"ports": [{"containerPort": 80, "name": "http"}]}
    merged = apply_strategic_merge(target, {"ports": [{"containerPort": 80, "protocol": "UDP"}]})
    assert merged == {"ports": [{"containerPort": 80, "name": "http", "protocol": "UDP"}]}


def test_null_removes() -> None:
    assert apply_strategic_merge({"a": {"b": 1}}, {"a": {"b": None}}) == {"a": {}}
