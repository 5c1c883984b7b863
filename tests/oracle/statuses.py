"""The state of prices from a remote store, for the tests of what is said of it."""

from __future__ import annotations

from oracle.status import OracleStatus, StoreKind

#: All is well, and another program generates the prices.
REMOTE = OracleStatus(
    kind=StoreKind.REMOTE,
    is_up=True,
    location="redis://prices.example",
    reason=None,
    is_durable=True,
    is_shared=True,
    is_generating=False,
    generator="process 7 on publisher",
    source="replay of prices.csv",
)
