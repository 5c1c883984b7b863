"""Which Deployments name a Service in what their containers are told."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters.callers import find_callers


def telling(name: str, **container: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"template": {"spec": {"containers": [container]}}}}


def with_variable(value: str) -> list[dict[str, Any]]:
    return [telling("front", env=[{"name": "BACKEND", "value": value}])]


def find(deployments: list[Any]) -> dict[str, tuple[str, ...]]:
    return find_callers(deployments, {"web", "db"}, "shop", "web")


@pytest.mark.parametrize(
    "value",
    [
        "web",
        "web:8080",
        "http://web",
        "http://web/cart?x=1",
        "postgres://user:pass@web/cart",
        "web.shop",
        "web.shop.svc.cluster.local",
        "other:1,web:2",
        "see http://web.shop.svc:80/ for more",
    ],
)
def test_who_names_the_service_calls_it(value: str) -> None:
    assert find(with_variable(value)) == {"web": ("front",)}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "webhook",
        "http://web.other",
        "web.other.svc",
        "http://my-web",
        "serve web pages",
        "/srv/web",
        "WEB",
    ],
)
def test_who_names_something_else_does_not(value: str) -> None:
    assert find(with_variable(value)) == {}


def test_arguments_and_containers_that_run_first_are_read_and_callers_are_named_once() -> None:
    first = {"name": "a", "args": ["--wait", "web:80"], "command": ["nc", "web.shop"]}
    init = {"metadata": {"name": "api"}, "spec": {"template": {"spec": {"initContainers": [first]}}}}
    assert find([init, *with_variable("db:5432"), telling("api2", args=["web:1"])]) == {
        "db": ("front",),
        "web": ("api", "api2"),
    }


def test_a_workload_that_names_itself_has_no_caller_by_that() -> None:
    assert find([telling("web", env=[{"name": "SELF", "value": "http://web"}])]) == {}


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"metadata": {"name": 7}},
        {
            "metadata": {"name": "front"},
            "spec": {"template": {"spec": {"containers": [{"env": [{"value": 7}]}]}}},
        },
    ],
)
def test_what_is_no_deployment_names_nothing(body: Any) -> None:
    assert find([body]) == {}
