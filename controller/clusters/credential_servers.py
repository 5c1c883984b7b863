"""To which servers a credential of this machine may be sent: those that the configuration names for it. Pure.

Whoever writes a kubeconfig names the server, and the authority that vouches for it. So neither says that a token which
the file does not hold itself, but has fetched, is for that server: only a person can, or the vendor of a plugin whose
servers nobody else runs. The proxy of the file is asked for as well: with an authority of the same file it could take
the place of any server.
"""

from __future__ import annotations

import re
from collections.abc import Collection

#: Stands for any server.
ANY = "*"

#: A host as every reader of an address takes it: nothing escaped, and no letter that looks like another.
_HOST = r"(?:[a-z0-9-]+\.)*[a-z0-9-]+|\[[0-9a-f:.]+\]"
_ADDRESS = re.compile(rf"(?P<scheme>https?)://(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?")
_PATTERN = re.compile(
    r"(?P<scheme>https?)://\*\.(?P<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::(?P<port>[0-9]{1,5}))?"
)
_USUAL_PORTS = {"http": "80", "https": "443"}


def find_strangers(addresses: Collection[str], named: Collection[str]) -> tuple[str, ...]:
    """Return the addresses, without paths, that none of the names stands for, in their order.

    Args:
        addresses: where a context's requests go: its server, and the proxy on the way.
        named: `https://host`, `https://host:port`, `https://*.domain` (all below it) or `*`.
    """
    return tuple(
        origin for origin in map(to_origin, addresses) if not any(_stands_for(name, origin) for name in named)
    )


def to_origin(address: str) -> str:
    """The beginning of an address that says whom it leads to."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower()


def is_server_name(name: str) -> bool:
    """Whether a name of the configuration stands for any server at all."""
    return name == ANY or any(shape.fullmatch(name.lower()) for shape in (_ADDRESS, _PATTERN))


def _stands_for(name: str, origin: str) -> bool:
    if name == ANY:
        return True
    there = _ADDRESS.fullmatch(origin)
    if there is None:
        return False
    if exact := _ADDRESS.fullmatch(name.lower()):
        return _split(exact) == _split(there)
    below = _PATTERN.fullmatch(name.lower())
    if below is None:
        return False
    is_same_port = (below["scheme"], _port(below)) == (there["scheme"], _port(there))
    return is_same_port and there["host"].endswith(f".{below['domain']}")


def _split(address: re.Match[str]) -> tuple[str, str, str]:
    return address["scheme"], address["host"], _port(address)


def _port(address: re.Match[str]) -> str:
    return address["port"] or _USUAL_PORTS[address["scheme"]]
