"""A list that nobody answered is not an empty one, and an old one says nothing about now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.kube_api import NO_PARAMS
from controller.clusters.listing import Listed, list_all
from controller.errors import ObjectNotFound, ServerFailed
from tests.controller.clusters.fake_api import FakeApi

AUTOSCALERS = paths.collection("horizontalpodautoscalers", "shop")


def ask(answer: dict[str, Any] | None) -> Listed:
    api = FakeApi()
    if answer is not None:
        api.answers[AUTOSCALERS] = answer
    return asyncio.run(list_all(api, AUTOSCALERS))


def test_a_kind_that_the_server_does_not_know_is_not_taken_for_none() -> None:
    """An API server that starts, or a proxy, answers 404 for what is there in a minute."""
    with pytest.raises(ObjectNotFound):
        ask(None)


@pytest.mark.parametrize("answer", [{}, {"items": {}}, {"items": "none"}, {"kind": "Status"}])
def test_what_is_no_list_is_not_taken_for_none(answer: dict[str, Any]) -> None:
    with pytest.raises(ServerFailed):
        ask(answer)


@pytest.mark.parametrize("items", [[], None])
def test_an_empty_list_says_that_there_are_none(items: list[Any] | None) -> None:
    assert ask({"metadata": {"resourceVersion": "7"}, "items": items}) == Listed((), "7")


@pytest.mark.parametrize(
    ("listed", "written", "counts"),
    [("10", "9", True), ("10", "10", True), ("9", "10", False), (None, "1", False), ("10", "x", False)],
)
def test_only_a_list_newer_than_a_write_says_what_is_left_after_it(
    listed: str | None, written: str, counts: bool
) -> None:
    assert Listed((), listed).is_at_least(written) is counts


class TwoPages(FakeApi):
    """Gives an object a page."""

    async def get(self, path: str, *, params: Mapping[str, str] = NO_PARAMS) -> dict[str, Any]:
        is_first = "continue" not in params
        metadata = {"resourceVersion": "7", **({"continue": "second"} if is_first else {})}
        return {"metadata": metadata, "items": ["one" if is_first else "two"]}


def test_what_stands_on_later_pages_is_there_as_well() -> None:
    """A pod that nobody counted would be one that has ended."""
    assert asyncio.run(list_all(TwoPages(), AUTOSCALERS)).items == ("one", "two")
