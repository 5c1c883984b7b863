"""The address of a shared price store: what one looks like, what of it may be shown, how safe it is. Pure.

Of three kinds: one server, a primary whose place Sentinels know, or any nodes of a Redis Cluster:

    redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE][?OPTIONS]
    redis+sentinel://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]/PRIMARY[/DATABASE][?OPTIONS]
    redis+cluster://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...][?OPTIONS]

Each with `rediss` for TLS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_HOST = r"(?:\[[0-9a-fA-F:.]+\]|[^\s\[\]/?#@:,]+)(?::\d{1,5})?"
#: Scheme, credentials, hosts or bracketed IPv6 addresses with ports, what follows them, and options. Stricter than what
#: the client takes: an unescaped `/` in a password would make its rest a part of what is shown.
REDIS_ADDRESS = (
    r"(?P<scheme>rediss?)(?:\+(?P<kind>sentinel|cluster))?://((?P<credentials>[^\s\[\]/?#]*)@)?"
    rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?P<path>(?:/[\w.-]*){{0,2}})(\?(?P<options>[^\s#]*))?"
)
_CREDENTIALS = r"://\S*@"
_OPTIONS = r"(://[^\s?]*)\?\S*"
_LOOPBACK = r"localhost|127\.\d+\.\d+\.\d+|::1"


class StoreShape(StrEnum):
    """How a shared store is run, and so how the server for our keys is found."""

    SINGLE = "single"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


#: What follows the hosts: the name of the primary and the database.
_PATHS = {
    StoreShape.SINGLE: r"()(?:/(\d*))?",
    StoreShape.SENTINEL: r"/([\w.-]+)(?:/(\d*))?",
    StoreShape.CLUSTER: r"()()/?",
}
#: Where Redis and Sentinel listen by themselves.
_PORTS = {StoreShape.SINGLE: 6379, StoreShape.SENTINEL: 26379, StoreShape.CLUSTER: 6379}


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """An address in its parts.

    hosts: with their ports; of a cluster or of Sentinels any of them.
    primary: by which name Sentinels know the server; empty otherwise.
    credentials, options: as they stand in the address, escapes included.
    """

    shape: StoreShape
    is_tls: bool
    hosts: tuple[tuple[str, int], ...]
    primary: str = ""
    database: str = ""
    credentials: str = ""
    options: str = ""

    def locate(self, host: str, port: int) -> str:
        """Return the address of one server, with the options and without the credentials."""
        place = f"[{host}]" if ":" in host else host
        options = f"?{self.options}" if self.options else ""
        return f"{'rediss' if self.is_tls else 'redis'}://{place}:{port}/{self.database}{options}"


def parse_address(address: str) -> RedisAddress | None:
    """Return the parts of an address; None for what is no well-formed one."""
    match = re.fullmatch(REDIS_ADDRESS, address)
    if match is None:
        return None
    shape = StoreShape(match["kind"] or StoreShape.SINGLE)
    path = re.fullmatch(_PATHS[shape], match["path"])
    hosts = tuple(_split_port(host, _PORTS[shape]) for host in re.findall(_HOST, match["hosts"]))
    if path is None or (shape is StoreShape.SINGLE and len(hosts) > 1):
        return None
    primary, database = path.groups(default="")
    is_tls = match["scheme"] == "rediss"
    return RedisAddress(
        shape, is_tls, hosts, primary, database, match["credentials"] or "", match["options"] or ""
    )


def _split_port(host: str, default: int) -> tuple[str, int]:
    name, _, port = (
        host.rpartition(":") if re.search(r":\d+$", host) and not host.endswith("]") else (host, "", "")
    )
    return name.strip("[]"), int(port) if port else default


def mask_address(address: str) -> str:
    """Return the address without credentials and options; nothing at all of what is not a well-formed one."""
    match = re.fullmatch(REDIS_ADDRESS, address)
    if match is None:
        return "(not shown: it may hold a password)"
    credentials = "***@" if match["credentials"] else ""
    options = "?***" if match["options"] else ""
    kind = f"+{match['kind']}" if match["kind"] else ""
    return f"{match['scheme']}{kind}://{credentials}{match['hosts']}{match['path']}{options}"


def mask_addresses(text: str) -> str:
    """Return a message with what might be credentials in addresses left out, well-formed or not."""
    return re.sub(_CREDENTIALS, "://***@", re.sub(_OPTIONS, r"\1?***", text))


def holds_password(address: str) -> bool:
    """Whether the credentials or the options of the address hold a password."""
    match = re.fullmatch(REDIS_ADDRESS, address)
    if match is None:
        return False
    return ":" in (match["credentials"] or "") or "password" in (match["options"] or "").lower()


def is_readable_on_the_network(address: str) -> bool:
    """Whether what is sent to this address crosses a network without TLS."""
    parts = parse_address(address)
    if parts is None or parts.is_tls:
        return False
    return not all(re.fullmatch(_LOOPBACK, host.lower()) for host, _ in parts.hosts)
