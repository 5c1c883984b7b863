"""What `doctor` says of a cluster: it names what an account lacks, and asks no more of it than it needs."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from app.config.configuration import Configuration
from app.config.layers import resolve_configuration
from app.diagnostics.checks import Check, CheckState
from app.diagnostics.clusters import check_clusters
from controller.clusters.discovery import declare_node
from controller.clusters.settings import ContextOverride, FleetSettings, KubeSettings
from controller.reasons import Code
from oracle.market import CapacityType
from tests.controller.clusters.objects import make_deployment, make_node
from tests.controller.clusters.serving import Served, Stream, serving, status, write_kubeconfig

ROOT = "/clusters/eu"
Attributes = Mapping[str, str]


@dataclass(frozen=True)
class Server:
    """An API server that lets an account do what `allows` says of a request's attributes."""

    allows: Callable[[Attributes], bool] = lambda asked: True
    date: str | None = None
    #: API group -> the kind that it serves, beside what every cluster has.
    routes: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, request: Served) -> Any:
        path = request.path.removeprefix(ROOT)
        if path == "/version":
            return web.json_response({}, headers={} if self.date is None else {"Date": self.date})
        if path.endswith("/selfsubjectaccessreviews"):
            return {"status": {"allowed": self.allows(request.body["spec"]["resourceAttributes"])}}
        if request.method != "GET":
            return status(403, "doctor may only read")
        return self._read(path, is_watch="watch" in request.query)

    def _read(self, path: str, *, is_watch: bool) -> Any:
        if path == "/api/v1/namespaces/kube-system":
            return {"metadata": {"uid": "uid-of-eu"}}
        if path == "/apis":
            return {"groups": [{"name": name, "versions": [{"version": "v1"}]} for name in self.routes]}
        if (group := path.removeprefix("/apis/").removesuffix("/v1")) in self.routes:
            return {"resources": [{"name": self.routes[group], "namespaced": True}]}
        resource, namespaced = path.rpartition("/")[2], "/namespaces/" in path
        asked = {"verb": "watch" if is_watch else "list", "resource": resource}
        if not self.allows({**asked, "namespace": path.split("/")[-2]} if namespaced else asked):
            return status(403, "forbidden")
        items = {"nodes": [make_node()], "deployments": [make_deployment()]}.get(resource, [])
        return Stream((), hangs=True) if is_watch else {"metadata": {"resourceVersion": "1"}, "items": items}


def check(directory: Path, server: Server, *namespaces: str) -> dict[str, Check]:
    """Name of each check, without its context -> what came of it."""

    async def main() -> list[Check]:
        async with serving(server) as served:
            contexts = {"eu": ContextOverride(namespaces=frozenset(namespaces) or None)}
            kubeconfig = str(write_kubeconfig(directory, served.url))
            return await check_clusters(
                Configuration(kubeconfig=kubeconfig, clusters=FleetSettings(overrides=contexts))
            )

    return {found.name.replace(" eu", ""): found for found in asyncio.run(main())}


def paste(found: Check, before: str) -> list[ContextOverride]:
    """What a configuration file says of its contexts once the lines of an advice are put to its end."""
    _, *lines = found.advice.splitlines()
    return [*resolve_configuration("\n".join([before, *lines]), "file", {}, {}).clusters.overrides.values()]


def denying(*denied: tuple[str, str]) -> Callable[[Attributes], bool]:
    return lambda asked: (asked["verb"], asked["resource"]) not in denied


def test_an_account_that_may_do_all_is_fine(tmp_path: Path) -> None:
    found = check(tmp_path, Server())
    assert {check.state for check in found.values()} == {CheckState.OK}
    assert found["permissions"].detail == "may observe and migrate in all namespaces"
    place, reads = found["context"].detail.split("; read: ")
    assert place == "aws, eu-west-1, 1 node, 1 Deployment"
    assert re.fullmatch(r"nodes \d s, deployments \d s, pods \d s, autoscalers \d s ago", reads)


@pytest.mark.parametrize("may_list", [True, False])
def test_routes_have_to_be_seen_where_a_cluster_has_them(tmp_path: Path, may_list: bool) -> None:
    """A route that leads to a workload refuses its move, and so does one that may not be looked for."""
    asked_for: list[Attributes] = []

    def allows(asked: Attributes) -> bool:
        asked_for.append(asked)
        return may_list or asked["resource"] != "httproutes"

    routes = {"networking.k8s.io": "ingresses", "gateway.networking.k8s.io": "httproutes"}
    found = check(tmp_path, Server(allows, routes=routes))["permissions"]
    assert found.state is (CheckState.OK if may_list else CheckState.WARNING)
    assert ("list httproutes" in found.detail) is not may_list
    groups = [asked["group"] for asked in asked_for if asked["resource"] == "httproutes"]
    assert groups == ["gateway.networking.k8s.io"]


def test_clocks_that_differ_are_told(tmp_path: Path) -> None:
    found = check(tmp_path, Server(date=formatdate(0, usegmt=True)))["time"]
    assert found.state is CheckState.WARNING
    assert found.detail.startswith("our clock differs by +")


def test_a_cluster_that_does_not_answer_is_broken_alone(tmp_path: Path) -> None:
    kubeconfig = str(write_kubeconfig(tmp_path, "http://127.0.0.1:1"))
    [found] = asyncio.run(check_clusters(Configuration(kubeconfig=kubeconfig)))
    assert found.state is CheckState.BROKEN
    assert found.reason is not None
    assert found.reason.code is Code.CONNECTION_FAILED


def test_which_file_an_allowed_plugin_stands_for_is_shown(tmp_path: Path) -> None:
    kubeconfig = str(write_kubeconfig(tmp_path, "http://127.0.0.1:1"))
    allowed = frozenset({sys.executable, "no-such-plugin"})
    found = asyncio.run(
        check_clusters(
            Configuration(
                kubeconfig=kubeconfig, clusters=FleetSettings(kube=KubeSettings(allowed_exec_plugins=allowed))
            )
        )
    )
    shown = {check.name: (check.state, check.detail) for check in found}
    assert shown[f"credential plugin {sys.executable}"] == (CheckState.OK, sys.executable)
    assert shown["credential plugin no-such-plugin"] == (CheckState.WARNING, "it is not installed")


def test_what_of_the_kubeconfig_was_passed_over_is_shown(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, "http://127.0.0.1:1")
    path.write_text(f"{path.read_text()}colour: red\n")
    found = asyncio.run(check_clusters(Configuration(kubeconfig=str(path))))
    assert found[0].state is CheckState.WARNING
    assert "the field colour is not known" in found[0].detail


@pytest.mark.parametrize(
    "name", ["eu", "arn:aws:eks:eu-west-1:1:cluster/prod", "admin@k8s", "cluster.local", 'a"b']
)
def test_advice_can_be_pasted_and_names_every_key_that_is_missing(tmp_path: Path, name: str) -> None:
    class Unlabelled(Server):
        def _read(self, path: str, *, is_watch: bool) -> Any:
            answer = super()._read(path, is_watch=is_watch)
            for node in answer.get("items", []) if isinstance(answer, dict) else []:
                node["metadata"]["labels"] = {}
                node.get("spec", {}).pop("providerID", None)
            return answer

    async def main() -> list[Check]:
        async with serving(Unlabelled()) as served:
            path = write_kubeconfig(tmp_path, served.url)
            document = yaml.safe_load(path.read_text())
            document["contexts"][0]["name"] = name
            path.write_text(yaml.safe_dump(document))
            return await check_clusters(Configuration(kubeconfig=str(path)))

    found = next(check for check in asyncio.run(main()) if check.name == f"context {name}")
    [override] = paste(found, "seed = 1")
    assert all((override.provider, override.region, override.instance_type))


def test_an_account_of_one_namespace_is_fine_where_the_configuration_says_what_its_nodes_are(
    tmp_path: Path,
) -> None:
    def allows(asked: Attributes) -> bool:
        return (
            asked.get("namespace") in ("shop", "kube-system", "kube-node-lease")
            and asked["resource"] != "nodes"
        )

    async def main(override: ContextOverride) -> list[Check]:
        async with serving(Server(allows)) as served:
            kubeconfig = str(write_kubeconfig(tmp_path, served.url))
            fleet = FleetSettings(overrides={"eu": override})
            return await check_clusters(Configuration(kubeconfig=kubeconfig, clusters=fleet))

    refused, *told = asyncio.run(main(ContextOverride(namespaces=frozenset({"shop"}))))
    assert [check.detail for check in told] == [
        "may not get nodes; list nodes; watch nodes; get priorityclasses; get runtimeclasses; list nodepools",
        "may observe and migrate in namespace shop",
    ]
    assert "[contexts.eu]: provider, region, instance_type, capacity_type, node_cpu_cores" in refused.detail
    assert refused.advice.startswith("have packaging/rbac/cluster.yaml applied")
    [nodes] = paste(refused, '[contexts.eu]\nnamespaces = ["shop"]')
    assert declare_node(nodes) is not None
    said = ContextOverride(
        *("aws", "eu-west-1", "m5.large", CapacityType.SPOT),
        namespaces=frozenset({"shop"}),
        node_cpu_cores=2,
        node_memory_gib=8,
    )
    found = {check.name: check for check in asyncio.run(main(said))}
    assert found["context eu"].detail.startswith("aws, eu-west-1, nodes as configured, 1 Deployment; read: ")
    assert found["permissions eu shop"].detail == "may observe and migrate in namespace shop"
    assert "nodes" not in found["permissions eu"].detail

    assert found["room eu"].reason == Code.ROOM_UNKNOWN.because(target="eu")
    [room] = paste(found["room eu"], '[contexts.eu]\nnamespaces = ["shop"]')
    told = replace(said, room_cpu_cores=room.room_cpu_cores, room_memory_gib=room.room_memory_gib)
    assert "room eu" not in {check.name for check in asyncio.run(main(told))}
