"""Which running program this is, among those that share a store. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instance:
    """One running program. `token` is random: a reused process number is still another program."""

    host: str
    process_id: int
    token: str


def format_holder(instance: Instance, market_id: str | None) -> str:
    """Return the instance as it stands in the store: `host/process/token`, and `/market` where it can generate."""
    parts = (instance.host, str(instance.process_id), instance.token, market_id)
    return "/".join(part for part in parts if part is not None)


def describe_holder(text: str) -> str:
    """Return the holder of a lease in words; what another program wrote is shown as it is."""
    parts = text.split("/")
    return f"process {parts[1]} on {parts[0]}" if len(parts) in (3, 4) else text[:100]


def find_market(text: str) -> str | None:
    """Return the market that the holder of a lease generates, None where it does not say."""
    parts = text.split("/")
    return parts[3] if len(parts) == 4 else None
