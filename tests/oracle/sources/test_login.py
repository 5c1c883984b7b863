"""A token is asked for when one is needed and kept while it is good; it stands in no text that a person sees."""

from __future__ import annotations

import asyncio

import pytest

from oracle.errors import SourceUnavailable
from oracle.sources.login import MARGIN_S, UNKNOWN_LIFE_S, Login, Token, miss_library, refuse_login
from tests.oracle.fakes import NOON, ManualClocks


class Library:
    """Gives one token after the other, each good for an hour."""

    def __init__(self, time: ManualClocks, life_s: float | None = 3600.0) -> None:
        self.time = time
        self.life_s = life_s
        self.given = 0

    def fetch(self) -> Token:
        self.given += 1
        return Token(f"token-{self.given}", None if self.life_s is None else self.time.wall_s + self.life_s)


def test_token_is_kept_until_shortly_before_its_end() -> None:
    time = ManualClocks()
    library = Library(time)
    login = Login(library.fetch, time.clocks)

    async def main() -> None:
        headers = await asyncio.gather(*(login.authorize() for _ in range(5)))
        assert [header["Authorization"] for header in headers] == ["Bearer token-1"] * 5
        time.set_wall(NOON + 3600 - MARGIN_S - 1)
        assert await login.authorize() == {"Authorization": "Bearer token-1"}
        time.set_wall(NOON + 3600 - MARGIN_S)
        assert await login.authorize() == {"Authorization": "Bearer token-2"}

    asyncio.run(main())


def test_token_whose_end_nobody_tells_is_not_kept_for_ever() -> None:
    time = ManualClocks()
    library = Library(time, life_s=None)
    login = Login(library.fetch, time.clocks)

    async def main() -> None:
        await login.authorize()
        time.pass_time(UNKNOWN_LIFE_S)
        assert await login.authorize() == {"Authorization": "Bearer token-2"}

    asyncio.run(main())


def test_refusal_is_not_kept() -> None:
    time = ManualClocks()
    library = Library(time)
    refusals = [refuse_login("prices.x", ValueError("not logged in"))]

    def fetch() -> Token:
        if refusals:
            raise refusals.pop()
        return library.fetch()

    login = Login(fetch, time.clocks)

    async def main() -> None:
        with pytest.raises(SourceUnavailable, match=r"prices\.x gives no access: not logged in"):
            await login.authorize()
        assert await login.authorize() == {"Authorization": "Bearer token-1"}

    asyncio.run(main())


def test_token_is_in_no_text_of_it() -> None:
    assert "secret" not in f"{Token('secret', 1.0)} {Token('secret', 1.0)!r}"


def test_refusal_shows_one_clean_line_of_the_librarys_words() -> None:
    refusal = refuse_login("prices.x", ValueError("no \x1b[31maccess\nTrace ID: 1"))
    assert str(refusal) == "prices.x gives no access: no [31maccess"
    assert str(refuse_login("prices.x", ValueError())) == "prices.x gives no access: ValueError"


def test_missing_library_is_named_with_what_installs_it() -> None:
    missing = str(miss_library("azure-identity", "azure"))
    assert missing == "the library azure-identity is not installed; install this program with the extra azure"
