"""Pages are read to their end, and what has none is refused."""

from __future__ import annotations

import asyncio

import pytest

from oracle.errors import SourceUnavailable
from oracle.reasons import OracleCode
from oracle.sources.web.paging import Page, read_pages


def read(*pages: Page[int], **bounds: int) -> tuple[int, ...]:
    """Page n is asked for by the token n; the first by none."""

    async def fetch(token: str | None) -> Page[int]:
        return pages[0 if token is None else int(token)]

    return asyncio.run(read_pages("prices.example", fetch, **bounds))


def test_an_empty_page_with_a_token_is_not_the_end() -> None:
    assert read(Page((1, 2), "1"), Page((), "2"), Page((3,), None)) == (1, 2, 3)


def test_an_empty_token_is_the_end() -> None:
    assert read(Page((1,), "")) == (1,)


def test_a_token_that_comes_back_ends_it_with_a_fault() -> None:
    with pytest.raises(SourceUnavailable) as raised:
        read(Page((1,), "1"), Page((2,), "1"))
    assert raised.value.reason.code is OracleCode.WEB_PAGE_REPEATED


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        ({"max_pages": 3}, OracleCode.WEB_PAGES_ENDLESS),
        ({"max_items": 3}, OracleCode.WEB_ITEMS_ENDLESS),
    ],
)
def test_pages_without_an_end_are_used_in_no_part(bounds: dict[str, int], code: OracleCode) -> None:
    pages = [Page((n,), str(n + 1)) for n in range(10)]
    with pytest.raises(SourceUnavailable) as raised:
        read(*pages, **bounds)
    assert raised.value.reason.code is code
