"""How much is read of a server that answers without end, and what its errors mean."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from redis import exceptions as redis_errors
from redis.asyncio import Redis

from oracle.reasons import OracleCode
from oracle.store import clients
from oracle.store.clients import client_options, explain_error


def ask(answers: Sequence[bytes], monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Give a client answers that may have 100 bytes each, and return what it makes of them."""
    monkeypatch.setattr(clients, "MAX_ANSWER_BYTES", 100)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            if b"GET" not in await reader.read(1000):
                break
            writer.write(answer)
        await reader.read()
        writer.close()

    async def main() -> list[object]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = Redis.from_url(url, **client_options(0), driver_info=None)
        said: list[object] = []
        for _ in answers:
            try:
                said.append(await client.get("key"))
            except redis_errors.RedisError as error:
                said.append(explain_error(error).code)
        await client.aclose()
        server.close()
        return said

    return asyncio.run(main())


def test_answers_on_one_connection_are_counted_each_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask([b"$60\r\n%b\r\n" % (b"x" * 60)] * 5, monkeypatch) == [b"x" * 60] * 5


@pytest.mark.parametrize(
    "answer",
    [
        b"$1000000000\r\n",
        b"*1000000000\r\n" + b":1\r\n" * 40,
        b"*3\r\n" + b"$40\r\n%b\r\n" % (b"x" * 40) * 3,
        b"+" + b"x" * 100_000 + b"\r\n",
    ],
    ids=["long", "many", "long together", "a line"],
)
def test_answer_that_is_too_large_ends_the_connection(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask([answer], monkeypatch) == [OracleCode.STORE_ANSWER_TOO_LARGE]
