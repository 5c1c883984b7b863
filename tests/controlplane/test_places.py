"""Facts about the pretended clouds: each has three nodes as its provider would label them."""

from __future__ import annotations

import pytest

from tests.controlplane.places import PLACES, SPOT_LABELS, Place, describe_nodes

PROVIDER_SCHEMES = {"aws": "aws://", "gcp": "gce://", "azure": "azure://"}

each_place = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.context)


@each_place
def test_nodes_bear_the_labels_of_their_place(place: Place) -> None:
    nodes = describe_nodes(place)
    assert len({node["metadata"]["name"] for node in nodes}) == 3
    for node in nodes:
        labels = node["metadata"]["labels"]
        assert labels["topology.kubernetes.io/region"] == place.region
        assert labels["topology.kubernetes.io/zone"] in place.zones
        assert labels["node.kubernetes.io/instance-type"] == place.machine.instance_type
    assert {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes} == set(place.zones)


@each_place
def test_two_of_three_nodes_are_spot(place: Place) -> None:
    spot = [
        node
        for node in describe_nodes(place)
        if SPOT_LABELS[place.provider].items() <= node["metadata"]["labels"].items()
    ]
    assert len(spot) == 2
    assert all(("taints" in node["spec"]) == (place.provider == "azure") for node in spot)


@each_place
def test_every_machine_has_an_identifier_of_its_provider(place: Place) -> None:
    identifiers = {node["spec"]["providerID"] for node in describe_nodes(place)}
    assert len(identifiers) == 3
    assert all(identifier.startswith(PROVIDER_SCHEMES[place.provider]) for identifier in identifiers)


@each_place
def test_nodes_are_finite(place: Place) -> None:
    for node in describe_nodes(place):
        assert node["status"]["allocatable"] == {
            "cpu": place.machine.cpu, "memory": place.machine.memory, "pods": place.machine.pods,
        }  # fmt: skip


def test_no_two_clusters_pretend_to_be_in_one_region() -> None:
    assert len({(place.provider, place.region) for place in PLACES}) == len(PLACES)
    assert len({place.context for place in PLACES}) == len(PLACES)
