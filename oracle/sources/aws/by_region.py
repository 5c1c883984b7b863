"""Asks AWS about each region by itself, as its services are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from oracle.foundation.reason import Reason
from oracle.market import Offering
from oracle.sources.asking import ask_each
from oracle.sources.products import is_plain_name, note_unaskable

T = TypeVar("T")


async def ask_regions(
    offerings: Iterable[Offering], ask: Callable[[str, frozenset[Offering]], Awaitable[T]]
) -> tuple[dict[str, T], tuple[Reason, ...]]:
    """Ask about the offerings of each region; return what each said, and why the others did not.

    A region's name comes from a cluster and stands in the address that is asked: one that could mean more is not asked.

    Raises: SourceUnavailable where none said anything.
    """
    by_region: dict[str, set[Offering]] = {}
    for offering in offerings:
        by_region.setdefault(offering.region, set()).add(offering)
    unaskable = [by_region.pop(region) for region in tuple(by_region) if not is_plain_name(region)]

    async def ask_one(region: str) -> tuple[str, T]:
        return region, await ask(region, frozenset(by_region[region]))

    answers, problems = await ask_each(sorted(by_region), ask_one)
    return dict(answers), (*problems, *note_unaskable(sum(map(len, unaskable))))
