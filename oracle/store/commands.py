"""Commands as the bytes that a server is sent, for those of many keys. Pure.

The client takes longer to write ten thousand keys than the server to look them up, and they are the same with each
refresh.
Source: the Redis serialization protocol (RESP2), arrays of bulk strings.
"""

from __future__ import annotations

from hashlib import blake2b

from oracle.market import Offering
from oracle.store import codec


class KeyWriter:
    """The keys of a fleet, and those of its histories as they were written last. Owned by one task."""

    def __init__(self, prefix: str) -> None:
        # The braces keep all keys on one node of a Redis Cluster, as a script needs them.
        self._prefix = f"{{{prefix}}}"
        #: Number of a part -> of which histories it wrote the keys, and these.
        self._written: dict[int, tuple[bytes, tuple[Offering, ...], bytes]] = {}

    def name(self, name: str) -> str:
        """Return the key of that name."""
        return f"{self._prefix}:{name}"

    def name_history(self, origin: bytes, offering: Offering) -> str:
        """Return the key of the history that an origin says of an offering."""
        # Short, as there is one for each offering; who made two of them the same would gain a wrong chart.
        digest = blake2b(origin, digest_size=6).hexdigest()
        return self.name(f"points:{digest}:{codec.format_offering_key(offering)}")

    def write_histories(self, number: int, origin: bytes, offerings: tuple[Offering, ...]) -> bytes:
        """Return the keys of the histories in part `number`, as `write` writes them."""
        known = self._written.get(number)
        if known is None or known[:2] != (origin, offerings):
            keys = b"".join(_write_one(self.name_history(origin, one)) for one in offerings)
            known = self._written[number] = (origin, offerings, keys)
        return known[2]


def write(arguments: tuple[str | bytes | int | float, ...]) -> bytes:
    """Return arguments of a command."""
    return b"".join(map(_write_one, arguments))


def write_command(*arguments: str | bytes | int | float) -> bytes:
    """Return a command."""
    return b"*%d\r\n%b" % (len(arguments), write(arguments))


def write_script(
    script: str, keys: bytes, key_count: int, arguments: tuple[str | bytes | int | float, ...]
) -> bytes:
    """Return the command that runs a script on keys that are written already."""
    return b"*%d\r\n%b%b%b" % (
        3 + key_count + len(arguments),
        write(("EVAL", script, key_count)),
        keys,
        write(arguments),
    )


def _write_one(argument: str | bytes | int | float) -> bytes:
    data = argument if isinstance(argument, bytes) else str(argument).encode()
    return b"$%d\r\n%b\r\n" % (len(data), data)
