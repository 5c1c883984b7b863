"""Which running program this is, among those that share a store. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instance:
    """One running program. `token` is random: a reused process number is still another program."""

    host: str
    process_id: int
    token: str

    def __str__(self) -> str:
        return f"process {self.process_id} on {self.host}"


def format_instance(instance: Instance) -> str:
    """Return the instance as it stands in the store: `host/process/token`."""
    return f"{instance.host}/{instance.process_id}/{instance.token}"


def describe_holder(text: str) -> str:
    """Return the holder of a lease in words; what another program wrote is shown as it is."""
    parts = text.split("/")
    return f"process {parts[1]} on {parts[0]}" if len(parts) == 3 else text[:100]
