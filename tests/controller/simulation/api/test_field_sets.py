"""Field ownership: FieldsV1 there and back, and who owns what after each writer."""

from __future__ import annotations

from controller.simulation.api.field_sets import find_fields, format_path, from_fields_v1, to_fields_v1
from controller.simulation.api.managed_fields import FieldOwner, read_owners, record_update

OBJECT = {
    "metadata": {"name": "web", "uid": "1", "labels": {"app": "web"}, "finalizers": ["hold"]},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {"containers": [{"name": "web", "image": "1", "ports": [{"containerPort": 80}]}]}
        },
    },
}
HELM = FieldOwner("helm", "Update", "apps/v1")
HUMAN = FieldOwner("kubectl", "Update", "apps/v1")
REPLICAS = ("f:spec", "f:replicas")


def test_paths_name_items_of_lists_by_their_keys() -> None:
    texts = {format_path(path) for path in find_fields(OBJECT)}
    assert '.spec.template.spec.containers[name="web"].image' in texts
    assert (
        '.spec.template.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].containerPort'
        in texts
    )
    assert '.metadata.finalizers[="hold"]' in texts


def test_selector_is_one_field_and_identity_is_none() -> None:
    texts = {format_path(path) for path in find_fields(OBJECT)}
    assert ".spec.selector" in texts
    assert not any(text.startswith((".metadata.name", ".metadata.uid")) for text in texts)


def test_stored_form_reads_back_as_it_was() -> None:
    fields = frozenset(find_fields(OBJECT))
    assert from_fields_v1(to_fields_v1(fields)) == fields


def test_creator_owns_everything() -> None:
    (owner,) = read_owners(record_update(None, OBJECT, HELM, 0.0))
    assert (owner.owner, owner.fields) == (HELM, frozenset(find_fields(OBJECT)))


def test_change_moves_only_the_changed_field() -> None:
    old = record_update(None, OBJECT, HELM, 0.0)
    new = record_update(old, {**old, "spec": {**old["spec"], "replicas": 3}}, HUMAN, 1.0)
    owners = {one.owner: one.fields for one in read_owners(new)}
    assert owners[HUMAN] == {REPLICAS}
    assert REPLICAS not in owners[HELM]


def test_unchanged_write_changes_no_owner() -> None:
    old = record_update(None, OBJECT, HELM, 0.0)
    assert record_update(old, old, HUMAN, 1.0) == old


def test_removed_field_is_owned_by_nobody() -> None:
    old = record_update(None, OBJECT, HELM, 0.0)
    spec = {key: item for key, item in old["spec"].items() if key != "replicas"}
    new = record_update(old, {**old, "spec": spec}, HUMAN, 1.0)
    assert all(REPLICAS not in one.fields for one in read_owners(new))
