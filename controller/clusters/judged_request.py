"""A request of aiohttp that asks for the last word when its connection stands, right before its bytes are written.

Importing it imports aiohttp, which costs a moment: done where a client is made.
"""

from __future__ import annotations

import aiohttp
from aiohttp.connector import Connection

from controller.clusters.last_word import LAST_WORD


class JudgedRequest(aiohttp.ClientRequest):
    """Leaves only if the last word allows it; also when aiohttp sends it again because a kept connection had died."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Raises: what the last word raises; aiohttp then closes the connection, and nothing was sent."""
        LAST_WORD.ask()
        return await super().send(conn)
