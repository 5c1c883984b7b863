"""Paginated lists: what becomes of a continue token when too much time has passed."""

from __future__ import annotations

from controller.simulation.api.lists import KEPT_MOMENTS
from tests.controller.simulation.simulated_cluster import WEB, SimulatedCluster

PODS = "/api/v1/namespaces/shop/pods"
CONFIGS = "/api/v1/namespaces/shop/configmaps"


def test_only_so_many_unfinished_lists_are_kept() -> None:
    cluster = SimulatedCluster(WEB)
    first = cluster.ask("GET", PODS, limit="1").body["metadata"]["continue"]
    for number in range(KEPT_MOMENTS):
        cluster.ask("POST", CONFIGS, {"metadata": {"name": f"c-{number}"}})
        cluster.ask("GET", PODS, limit="1")
    assert cluster.ask("GET", PODS, **{"limit": "1", "continue": first}).code == 410


def test_pages_with_different_selectors_do_not_mix() -> None:
    cluster = SimulatedCluster(WEB)
    for name in ("a", "b", "c", "d"):
        labels = {"half": "first" if name < "c" else "second"}
        cluster.ask("POST", CONFIGS, {"metadata": {"name": name, "labels": labels}})
    tokens = {
        half: cluster.ask("GET", CONFIGS, limit="1", labelSelector=f"half={half}").body["metadata"][
            "continue"
        ]
        for half in ("first", "second")
    }
    for half, rest in (("first", ["b"]), ("second", ["d"])):
        page = cluster.ask("GET", CONFIGS, labelSelector=f"half={half}", **{"continue": tokens[half]}).body
        assert [one["metadata"]["name"] for one in page["items"]] == rest


def test_all_pages_together_are_the_whole_list() -> None:
    cluster = SimulatedCluster(WEB)
    whole = cluster.ask("GET", PODS).body["items"]
    pages, query = [], {"limit": "4"}
    while True:
        answer = cluster.ask("GET", PODS, **query).body
        pages += answer["items"]
        if not answer["metadata"].get("continue"):
            break
        query["continue"] = answer["metadata"]["continue"]
    assert pages == whole
