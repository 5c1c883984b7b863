"""A list that nobody answered is not an empty one, and an old one says nothing about now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from controller.clusters import paths
from controller.clusters.kube_api import NO_PARAMS
from controller.clusters.listing import MAX_LISTING_S, MAX_OBJECTS, Listed, list_all
from controller.errors import ObjectNotFound, ServerFailed
from controller.reasons import Code
from tests.controller.clusters.fake_api import FakeApi
from tests.controller.refusals import refuses
from tests.simulation.virtual_loop import run_virtual

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


class NoEnd(FakeApi):
    """Says of each page that another one follows, and takes its time for each."""

    def __init__(self, objects: int) -> None:
        super().__init__()
        self._page_of_all = {"metadata": {"continue": "more"}, "items": ["one"] * objects}

    async def get(self, path: str, *, params: Mapping[str, str] = NO_PARAMS) -> dict[str, Any]:
        await asyncio.sleep(1.0)
        return self._page_of_all


@pytest.mark.parametrize("objects", [0, MAX_OBJECTS // 5], ids=["slow pages", "many objects"])
def test_a_list_that_comes_to_no_end_is_none(objects: int) -> None:
    """Whoever reads it looks at nothing else meanwhile, the replicas that are missing included."""

    async def ask_for_all() -> float:
        with pytest.raises(ServerFailed):
            await asyncio.wait_for(list_all(NoEnd(objects), AUTOSCALERS), 2 * MAX_LISTING_S)
        return asyncio.get_running_loop().time()

    assert run_virtual(ask_for_all()) <= (10.0 if objects else MAX_LISTING_S + 1.0)


def test_a_list_without_end_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server could send pages until there is no memory left."""
    monkeypatch.setattr("controller.clusters.listing.MAX_PAGES", 3)
    api = FakeApi()
    api.answers[AUTOSCALERS] = {"items": [{}], "metadata": {"continue": "more"}}
    with refuses(ServerFailed, Code.ANSWER_NOT_UNDERSTOOD, problem=Code.ANSWER_WITHOUT_END):
        asyncio.run(list_all(api, AUTOSCALERS))
    assert len(api.requests) == 3
