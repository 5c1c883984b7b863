"""Scripts run on servers without libraries for Lua as well: the one in memory, for machines without a server."""

from __future__ import annotations

import struct

import fakeredis

from oracle.store import scripts

MINUTES = 200
LIMIT_BYTES = 16 * 64


def test_histories_are_thinned_in_the_memory_server_too() -> None:
    server = fakeredis.FakeRedis(server_type="redis")
    server.set("lease", "mine")
    for minute in range(MINUTES):
        point = struct.pack("<dd", 1.8e9 + 60.0 * minute, 0.1)
        kept = ("mine", b"live script", 0, LIMIT_BYTES, 0, 1000, point)
        assert server.eval(scripts.KEEP, 3, "lease", "origins", "history", *kept) == 1
    series = server.get("history")
    assert isinstance(series, bytes)
    minutes = [round((at - 1.8e9) / 60.0) for at, _ in struct.iter_unpack("<dd", series)]
    assert len(series) <= LIMIT_BYTES
    assert minutes == sorted(set(minutes))
    assert minutes[-4:] == [196, 197, 198, 199]
    assert minutes[0] < 50
