"""A stand-in for what changes the engine: files are read as the program reads them, and no engine is started."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from app.window.kubeconfig_choice import KubeconfigOffer, make_options, read_offer
from oracle.foundation.own_thread import in_thread


class ScriptedFleets:
    """Remembers what was watched; the test says what the next engine reports."""

    def __init__(self) -> None:
        self.given: tuple[str, ...] = ("--config", "/dev/null")
        #: The options of each engine that took the place of the one before.
        self.watched: list[Sequence[str]] = []
        self.went_back = 0
        self.can_go_back = True

    async def read(self, path: Path) -> KubeconfigOffer:
        return await in_thread(read_offer, path, self.given)

    async def choose(self, path: Path, contexts: Collection[str]) -> Sequence[str]:
        return await in_thread(make_options, path, contexts, self.given)

    async def watch(self, options: Sequence[str]) -> None:
        self.watched.append(options)

    async def go_back(self) -> None:
        self.went_back += 1
