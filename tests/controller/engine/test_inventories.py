"""What was found of a workload counts for that very workload, and for a while."""

from __future__ import annotations

from dataclasses import replace

from controller.clusters.fleet import FleetPicture
from controller.contract.inventory import INVENTORY_LIFE_S, Inventory
from controller.engine.inventories import MAX_KNOWN, Inventories
from tests.controller.decision.worlds import (
    CHECKOUT,
    NOW,
    make_cluster,
    make_picture,
    make_workload,
    two_regions,
)

PICTURE = two_regions()
FOUND = Inventory(NOW)


def note_checkout() -> Inventories:
    inventories = Inventories()
    inventories.note(make_workload(), FOUND)
    return inventories


def is_known(inventories: Inventories, picture: FleetPicture, now: float = NOW) -> bool:
    return CHECKOUT in inventories.current(picture, now)


def test_what_was_found_is_known_until_it_is_old() -> None:
    inventories = note_checkout()
    assert inventories.current(PICTURE, NOW) == {CHECKOUT: FOUND}
    assert is_known(inventories, PICTURE, NOW + INVENTORY_LIFE_S - 1)
    assert not is_known(inventories, PICTURE, NOW + INVENTORY_LIFE_S)


def test_what_was_found_of_other_pods_or_of_another_deployment_is_forgotten() -> None:
    for changes in ({"template_hash": "other"}, {"uid": "other"}):
        inventories = note_checkout()
        assert is_known(inventories, PICTURE)
        assert not is_known(inventories, two_regions(**changes)), changes
    inventories = note_checkout()
    assert not is_known(inventories, make_picture(make_cluster("tokyo"), make_cluster("virginia")))
    assert not is_known(inventories, PICTURE), "nobody has looked at the one that came since"


def test_other_counts_of_replicas_change_nothing_of_what_was_found() -> None:
    assert is_known(note_checkout(), two_regions(desired_replicas=9, available_replicas=1))


def test_what_was_looked_at_while_it_changed_is_not_believed() -> None:
    inventories = note_checkout()
    changed = two_regions(template_hash="other")
    assert not is_known(inventories, changed)
    inventories.note(make_workload(), FOUND)
    assert not is_known(inventories, changed)


def test_no_more_is_remembered_than_people_look_at() -> None:
    inventories = Inventories()
    workloads = [make_workload(replace(CHECKOUT, name=f"w-{number}")) for number in range(MAX_KNOWN + 1)]
    for workload in workloads:
        inventories.note(workload, FOUND)
    picture = make_picture(make_cluster("tokyo", *workloads))
    known = inventories.current(picture, NOW)
    assert len(known) == MAX_KNOWN
    assert workloads[0].key not in known
