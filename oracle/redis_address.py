"""The address of a shared price store: what one looks like, what of it may be shown, how safe it is. Pure."""

from __future__ import annotations

import re

#: Scheme, credentials, host or bracketed IPv6 address, port, database and options. Stricter than what the client
#: takes: an unescaped `/` in a password would make its rest a part of what is shown.
REDIS_ADDRESS = (
    r"(?P<scheme>rediss?)://((?P<credentials>[^\s\[\]/?#]*)@)?"
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s\[\]/?#@:]+)(?P<port>:\d{1,5})?(?P<database>/\d*)?(\?(?P<options>[^\s#]*))?"
)
_CREDENTIALS = r"://\S*@"
_OPTIONS = r"(://[^\s?]*)\?\S*"
_LOOPBACK = r"localhost|127\.\d+\.\d+\.\d+|\[::1\]"


def mask_address(address: str) -> str:
    """Return the address without credentials and options; nothing at all of what is not a well-formed one."""
    match = re.fullmatch(REDIS_ADDRESS, address)
    if match is None:
        return "(not shown: it may hold a password)"
    credentials = "***@" if match["credentials"] else ""
    options = "?***" if match["options"] else ""
    place = f"{match['host']}{match['port'] or ''}{match['database'] or ''}"
    return f"{match['scheme']}://{credentials}{place}{options}"


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
    match = re.fullmatch(REDIS_ADDRESS, address)
    return (
        match is not None
        and match["scheme"] == "redis"
        and not re.fullmatch(_LOOPBACK, match["host"].lower())
    )
