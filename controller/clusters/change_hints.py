"""Wakes whoever waits for a Deployment as soon as a watch has told something of it, or of one of its pods.

A hint that it is worth looking now, and nothing more: watches may be stale, so what is so is always read afresh.
Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

#: A Deployment: the context that it is in, its namespace and its name.
DeploymentPlace = tuple[str, str, str]


class ChangeHints:
    """Who waits for which Deployment."""

    def __init__(self) -> None:
        #: (context, namespace) -> the names that are waited for there, and what is set for each.
        self._waiting: dict[tuple[str, str], list[tuple[str, asyncio.Event]]] = {}

    @contextmanager
    def listen(self, places: Iterable[DeploymentPlace], event: asyncio.Event) -> Iterator[None]:
        """Set the event whenever something is told of these Deployments, as long as the block lasts."""
        entries = [((context, namespace), (name, event)) for context, namespace, name in places]
        for where, entry in entries:
            self._waiting.setdefault(where, []).append(entry)
        try:
            yield
        finally:
            for where, entry in entries:
                self._waiting[where].remove(entry)
                if not self._waiting[where]:
                    del self._waiting[where]

    def note(self, context: str, namespace: str, name: str) -> None:
        """A watch has told something of an object: a Deployment, or a pod, whose name begins with its Deployment's."""
        for deployment, event in self._waiting.get((context, namespace), ()):
            if name == deployment or name.startswith(f"{deployment}-"):
                event.set()
