"""Reads an answer page by page to its end. Pure: who fetches a page is an argument.

Real services have sent the same page for ever, empty pages in the middle, and short pages before the last one
(aws-sdk-java-v2#927, boto3#130). So only a missing token ends the pages, and a token that comes back is a fault.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from oracle.errors import SourceUnavailable
from oracle.reasons import OracleCode

T = TypeVar("T")

#: Pages of one answer. Arbitrary: a region's spot prices of ninety days fill a tenth of it.
MAX_PAGES = 200
#: Items of one answer. Arbitrary: all machines of all zones of a region, with every change of a month.
MAX_ITEMS = 400_000


class Page(NamedTuple, Generic[T]):
    """Some items, and by which token the next page is asked for; None: this is the last one."""

    items: tuple[T, ...]
    next_token: str | None


async def read_pages(
    host: str,
    fetch: Callable[[str | None], Awaitable[Page[T]]],
    max_pages: int = MAX_PAGES,
    max_items: int = MAX_ITEMS,
) -> tuple[T, ...]:
    """Return the items of all pages. `fetch` is given the token of a page, None for the first.

    Raises: SourceUnavailable where a token comes back, or pages or items do not end; and what `fetch` raises.
    """
    items: list[T] = []
    seen: set[str] = set()
    token: str | None = None
    for _ in range(max_pages):
        page = await fetch(token)
        items += page.items
        if len(items) > max_items:
            raise SourceUnavailable(OracleCode.WEB_ITEMS_ENDLESS.because(host=host, limit=max_items))
        if not page.next_token:
            return tuple(items)
        if page.next_token in seen:
            raise SourceUnavailable(OracleCode.WEB_PAGE_REPEATED.because(host=host, pages=len(seen) + 1))
        seen.add(page.next_token)
        token = page.next_token
    raise SourceUnavailable(OracleCode.WEB_PAGES_ENDLESS.because(host=host, limit=max_pages))
