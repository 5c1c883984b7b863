"""What has to be listed to see a cluster, piece by piece. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controller.clusters.fleet import WatchedKind
from controller.clusters.settings import ContextOverride


@dataclass(frozen=True, slots=True)
class Scope:
    """What one list returns: the objects of a kind in a namespace, or with None in the whole cluster."""

    kind: WatchedKind
    namespace: str | None = None


def list_scopes(override: ContextOverride) -> tuple[Scope, ...]:
    """What has to be listed to see a cluster; nodes live in no namespace."""
    namespaces = (None,) if override.namespaces is None else sorted(override.namespaces)
    return tuple(
        Scope(kind, namespace)
        for kind in WatchedKind
        for namespace in ((None,) if kind is WatchedKind.NODES else namespaces)
    )


def find_heartbeat(scopes: Iterable[Scope], *, declares_nodes: bool) -> Scope:
    """The scope whose watch shows whether the server lives. `declares_nodes`: they may not be listed."""
    kind = WatchedKind.DEPLOYMENTS if declares_nodes else WatchedKind.NODES
    return next(scope for scope in scopes if scope.kind is kind)
