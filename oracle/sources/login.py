"""Proves to a cloud who asks, by a token that its own library gives; asked for in a thread, and kept while it is good.

No credentials are looked for: which ones are used is said in the configuration, and where nothing is said none are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from oracle.errors import SourceUnavailable
from oracle.foundation.clocks import Clocks
from oracle.foundation.own_thread import in_thread
from oracle.foundation.untrusted_text import clean_text
from oracle.reasons import OracleCode

#: Seconds before its end from which a token is renewed: longer than a question may take, waits included.
MARGIN_S = 300.0
#: Seconds that a token of which its library does not say when it ends is kept.
UNKNOWN_LIFE_S = 600.0


class Token(NamedTuple):
    """What proves who asks; ends_at: in Unix seconds, None where nobody says so."""

    text: str
    ends_at: float | None

    def __repr__(self) -> str:
        return f"Token(text=***, ends_at={self.ends_at})"


class Login:
    """Keeps a token. Owned by one event loop; several tasks may ask at a time."""

    def __init__(self, fetch: Callable[[], Token], clocks: Clocks, hosts: tuple[str, ...] = ()) -> None:
        """Get tokens by `fetch`, which may block, and raises SourceUnavailable where there is none to be had.

        Args:
            hosts: which hosts it asks, told to people.
        """
        self.hosts = hosts
        self._fetch = fetch
        self._clocks = clocks
        self._lock = asyncio.Lock()
        self._header: Mapping[str, str] = {}
        self._good_until = float("-inf")

    async def authorize(self) -> Mapping[str, str]:
        """Return the header that a question needs. Raises: SourceUnavailable."""
        async with self._lock:
            if self._clocks.wall() >= self._good_until:
                token = await in_thread(self._fetch)
                now = self._clocks.wall()
                self._header = {"Authorization": f"Bearer {token.text}"}
                self._good_until = now + UNKNOWN_LIFE_S if token.ends_at is None else token.ends_at - MARGIN_S
            return self._header


def refuse_login(setting: str, error: Exception) -> SourceUnavailable:
    """Return the refusal of the setting that names the credentials, with the first line of the library's own words."""
    words = str(error).strip().splitlines()[:1] or [type(error).__name__]
    return SourceUnavailable(OracleCode.LOGIN_FAILED.because(setting=setting, error=clean_text(words[0])))


def miss_library(library: str, extra: str) -> SourceUnavailable:
    """Return the refusal for a library that is not installed."""
    return SourceUnavailable(OracleCode.LIBRARY_MISSING.because(library=library, extra=extra))
