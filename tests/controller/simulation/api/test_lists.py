"""Paginated lists: what becomes of a continue token when too much time has passed."""

from __future__ import annotations

from controller.simulation.api.lists import KEPT_PAGINATIONS
from tests.controller.simulation.simulated_cluster import WEB, SimulatedCluster

PODS = "/api/v1/namespaces/shop/pods"


def test_continue_of_a_forgotten_list_is_410() -> None:
    cluster = SimulatedCluster(WEB)
    token = cluster.ask("GET", PODS, limit="1").body["metadata"]["continue"]
    cluster.api.forget_history()
    answer = cluster.ask("GET", PODS, **{"limit": "1", "continue": token})
    assert (answer.code, answer.body["reason"]) == (410, "Expired")


def test_only_so_many_unfinished_lists_are_kept() -> None:
    cluster = SimulatedCluster(WEB)
    first = cluster.ask("GET", PODS, limit="1").body["metadata"]["continue"]
    for number in range(KEPT_PAGINATIONS):
        cluster.ask("POST", "/api/v1/namespaces/shop/configmaps", {"metadata": {"name": f"c-{number}"}})
        cluster.ask("GET", PODS, limit="1")
    assert cluster.ask("GET", PODS, **{"limit": "1", "continue": first}).code == 410


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
