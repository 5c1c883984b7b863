"""Which hosts are asked through the proxy. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def is_asked_directly(host: str, no_proxy: Iterable[str]) -> bool:
    """Whether a host, or an ending of its name, is among those that are asked without the proxy; `*` is all of them."""
    names = [name.strip().lower().lstrip(".") for name in no_proxy]
    host = host.lower()
    return any(name == "*" or host == name or host.endswith(f".{name}") for name in names if name)
