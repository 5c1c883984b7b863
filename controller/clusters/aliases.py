"""Contexts that lead to one cluster: which of them stands for it. Pure.

A kubeconfig often has several (an administrator's and a viewer's, a short name and a long one). Watched and offered
twice, one Deployment would be moved twice and its costs and savings counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownContext:
    """A context as far as it matters here.

    uid: of its cluster; None until read, and where it may not be read.
    namespaces: the only ones that it looks into; what sees another part of a cluster does not stand for the same.
    is_denied: its credentials are refused, so that another one had better stand for the cluster.
    """

    name: str
    uid: str | None
    namespaces: frozenset[str] | None
    is_denied: bool


def find_aliases(contexts: Iterable[KnownContext]) -> dict[str, str]:
    """Alias -> the context that stands for its cluster: the first that is not denied, in the order given."""
    groups: dict[tuple[str, frozenset[str] | None], list[KnownContext]] = {}
    for context in contexts:
        if context.uid is not None:
            groups.setdefault((context.uid, context.namespaces), []).append(context)
    aliases: dict[str, str] = {}
    for group in groups.values():
        first = min(group, key=lambda context: context.is_denied)  # min takes the first of equals
        aliases.update((context.name, first.name) for context in group if context is not first)
    return aliases
