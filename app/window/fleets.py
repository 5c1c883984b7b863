"""Which clusters are watched: reads a file to choose from, and has another engine watch the choice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.window.engine_host import EngineHost
from oracle.foundation.own_thread import in_thread

if TYPE_CHECKING:
    from app.window.kubeconfig_choice import KubeconfigOffer


class EngineFleets:
    """Changes what the engine of a host watches; all its other options stay. GUI thread only.

    See `app.window.flows.open_file.Fleets`.
    """

    def __init__(self, host: EngineHost) -> None:
        self._host = host
        #: Those that the program was started with.
        self._given = host.options

    async def read(self, path: Path) -> KubeconfigOffer:
        """Read what a file offers. Raises: KubeconfigError, ConfigurationError."""
        return await in_thread(_read_offer, path, self._given)

    async def choose(self, path: Path, contexts: Collection[str]) -> Sequence[str]:
        """Return the options of an engine that watches these contexts. Raises: KubeconfigError, ConfigurationError."""
        return await in_thread(_make_options, path, contexts, self._given)

    async def watch(self, options: Sequence[str]) -> None:
        """Replace the engine by one with these options."""
        await self._host.replace(options)

    @property
    def can_go_back(self) -> bool:
        """Whether anything was watched before."""
        return self._host.proven_options is not None

    async def go_back(self) -> None:
        """Replace the engine by one that watches what was watched before."""
        assert self._host.proven_options is not None
        await self._host.replace(self._host.proven_options)


# What reads a kubeconfig is imported where the first one is read, on the thread: the first frame does not wait for it.


def _read_offer(path: Path, options: Sequence[str]) -> KubeconfigOffer:
    from app.window.kubeconfig_choice import read_offer

    return read_offer(path, options)


def _make_options(path: Path, contexts: Collection[str], options: Sequence[str]) -> Sequence[str]:
    from app.window.kubeconfig_choice import make_options

    return make_options(path, contexts, options)
