"""In what two pod templates differ is said part by part, and never with a value that may be secret."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from controller.clusters.regional_differences import is_declarable
from controller.clusters.template_outline import name_differences, outline_template

Json = dict[str, Any]

TEMPLATE: Json = {
    "metadata": {"labels": {"app": "checkout"}, "annotations": {"team": "shop"}},
    "spec": {
        "nodeSelector": {"disk": "ssd"},
        "terminationGracePeriodSeconds": 30,
        "initContainers": [{"name": "migrate", "image": "shop/migrate:7"}],
        "containers": [
            {
                "name": "web",
                "image": "registry.example/shop/checkout:7",
                "args": ["--token", "secret-1"],
                "env": [{"name": "REGION", "value": "eu"}, {"name": "PASSWORD", "value": "secret-2"}],
                "resources": {"requests": {"cpu": "1", "memory": "4Gi"}, "limits": {"memory": "8Gi"}},
            }
        ],
    },
}
EVERYTHING = frozenset({"image-registry", "node-selector", "env:REGION"})


def changed(change: Callable[[Json], object]) -> Json:
    template = deepcopy(TEMPLATE)
    change(template)
    return template


def web(template: Json) -> Json:
    container: Json = template["spec"]["containers"][0]
    return container


def differ(change: Callable[[Json], object], declared: frozenset[str] = frozenset()) -> tuple[str, ...]:
    one, other = (outline_template(template, declared) for template in (TEMPLATE, changed(change)))
    assert bool(name_differences(one, other)) is (one != other)
    return name_differences(one, other)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            lambda t: web(t).update(image="registry.example/shop/checkout:8"),
            "container web image registry.example/shop/checkout:7 here, registry.example/shop/checkout:8 there",
        ),
        (lambda t: web(t)["env"][0].update(value="us"), "container web env REGION"),
        (lambda t: web(t)["env"].pop(), "container web env PASSWORD only here"),
        (lambda t: web(t)["env"].append({"name": "DEBUG"}), "container web env DEBUG only there"),
        (lambda t: web(t)["args"].pop(), "container web args"),
        (lambda t: web(t)["resources"]["requests"].update(cpu="2"), "container web requests cpu 1 here, 2 there"),
        (lambda t: t["spec"]["nodeSelector"].update(disk="hdd"), "node selector disk ssd here, hdd there"),
        (lambda t: t["spec"].update(terminationGracePeriodSeconds=60), "terminationGracePeriodSeconds"),
        (lambda t: t["metadata"]["labels"].update(app="web"), "label app checkout here, web there"),
        (lambda t: t["metadata"]["annotations"].update(team="ops"), "annotation team"),
        (
            lambda t: t["spec"]["initContainers"][0].update(image="shop/migrate:8"),
            "init container migrate image shop/migrate:7 here, shop/migrate:8 there",
        ),
    ],
)  # fmt: skip
def test_each_difference_is_named_and_no_value_that_may_be_secret(
    change: Callable[[Json], object], named: str
) -> None:
    assert differ(change) == (named,)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: web(t).update(image="osaka.example/mirror/checkout:7"),
        lambda t: web(t)["env"][0].update(value="us"),
        lambda t: web(t)["env"].pop(0),
        lambda t: t["spec"].pop("nodeSelector"),
    ],
    ids=["registry", "value of a variable", "no variable", "no node selector"],
)
def test_what_was_declared_to_differ_does_not_count(change: Callable[[Json], object]) -> None:
    assert differ(change) != ()
    assert differ(change, EVERYTHING) == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda t: web(t).update(image="registry.example/shop/checkout:8"),
        lambda t: web(t).update(image="registry.example/shop/other:7"),
        lambda t: web(t)["env"][1].update(value="other"),
        lambda t: t["spec"].update(affinity={}),
    ],
    ids=["another version", "another image", "another variable", "another field"],
)
def test_nothing_else_is_let_through_by_it(change: Callable[[Json], object]) -> None:
    assert differ(change, EVERYTHING) != ()


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t["metadata"]["annotations"].update({"kubectl.kubernetes.io/restartedAt": "now"}),
        lambda t: t["metadata"]["labels"].update({"pod-template-hash": "1"}),
    ],
    ids=["a restart", "the label of a ReplicaSet"],
)
def test_what_a_rollout_writes_is_no_difference(change: Callable[[Json], object]) -> None:
    assert differ(change) == ()


def test_the_order_of_containers_counts() -> None:
    two = changed(lambda t: t["spec"]["containers"].append({"name": "log", "image": "log:1"}))
    turned = deepcopy(two)
    turned["spec"]["containers"].reverse()
    assert outline_template(two) != outline_template(turned)


def test_of_many_differences_some_are_named_and_the_others_counted() -> None:
    variables = [{"name": f"V{number}", "value": "1"} for number in range(500)]
    named = differ(lambda t: web(t).update(env=variables))
    assert len(named) == 7
    assert named[-1].endswith(" more")
    assert len(outline_template(changed(lambda t: web(t).update(env=variables)))) <= 301


def test_what_comes_after_the_parts_that_are_kept_still_tells_two_templates_apart() -> None:
    def outline(last: str) -> object:
        variables = [{"name": f"V{number}", "value": "1"} for number in range(500)]
        variables[450]["value"] = last
        return outline_template(changed(lambda t: web(t).update(env=variables)))

    assert outline("1") != outline("2")


def test_values_that_are_long_or_steer_a_terminal_are_told_apart_and_shown_cleaned() -> None:
    long = "x" * 500
    one, other = (
        outline_template(changed(lambda t, tail=tail: web(t).update(image=long + tail))) for tail in "ab"
    )
    assert one != other
    [named] = differ(lambda t: web(t).update(image="shop/\x1b[2Jcheckout"))
    assert "\x1b" not in named
    assert all(len(value) < 200 for _, value in one)


@pytest.mark.parametrize(
    "shape", [{}, {"spec": []}, {"spec": {"containers": [3, {"env": ["x"]}]}}, {"metadata": 7}]
)
def test_a_template_of_no_shape_has_an_outline(shape: Any) -> None:
    assert isinstance(outline_template(shape, EVERYTHING), tuple)


@pytest.mark.parametrize(
    ("word", "is_known"),
    [
        ("image-registry", True),
        ("node-selector", True),
        ("env:REGION", True),
        ("env:", False),
        ("image", False),
    ],
)
def test_only_what_is_known_can_be_declared(word: str, is_known: bool) -> None:
    assert is_declarable(word) is is_known
