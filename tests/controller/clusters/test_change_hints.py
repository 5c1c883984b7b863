"""Who waits for a Deployment is woken by what a watch tells of it, and by nothing else."""

from __future__ import annotations

import asyncio

import pytest

from controller.clusters.change_hints import ChangeHints

PLACES = (("paris", "shop", "web"), ("osaka", "shop", "web"))


@pytest.mark.parametrize("name", ["web", "web-7d9c5b-x2x"])
@pytest.mark.parametrize("context", ["paris", "osaka"])
def test_a_deployment_and_its_pods_wake_on_either_side(context: str, name: str) -> None:
    hints, event = ChangeHints(), asyncio.Event()
    with hints.listen(PLACES, event):
        hints.note(context, "shop", name)
    assert event.is_set()


@pytest.mark.parametrize(
    ("context", "namespace", "name"),
    [("paris", "shop", "website"), ("paris", "other", "web"), ("lima", "shop", "web"), ("paris", "shop", "")],
)
def test_what_concerns_others_wakes_nobody(context: str, namespace: str, name: str) -> None:
    hints, event = ChangeHints(), asyncio.Event()
    with hints.listen(PLACES, event):
        hints.note(context, namespace, name)
    assert not event.is_set()


def test_two_moves_in_a_namespace_are_woken_apart_and_nobody_who_has_gone_is() -> None:
    hints, first, second = ChangeHints(), asyncio.Event(), asyncio.Event()
    with hints.listen(PLACES, first):
        with hints.listen([("paris", "shop", "api")], second):
            hints.note("paris", "shop", "api-1")
        assert (first.is_set(), second.is_set()) == (False, True)
        second.clear()
        hints.note("paris", "shop", "api-1")
        assert not second.is_set()
        hints.note("paris", "shop", "web")
        assert first.is_set()
    assert not hints._waiting
