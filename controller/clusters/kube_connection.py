"""One context's credentials and connections over time: loaded when first needed, renewed before or when they expire.

A file that a new login rewrites is looked at again now and then, and after a 401. The client library never refreshes a
credential plugin's token by itself. Used from one event loop.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from controller.clusters.exec_programs import ExecPrograms
from controller.clusters.file_questions import FileQuestions, FilesSilent
from controller.clusters.kube_configuration import LoadedClient, find_reason_to_refuse, load_client
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.kubeconfig_source import FileStamp, stamp_files
from controller.clusters.settings import KubeSettings
from controller.errors import AccessDenied, ClusterUnreachable, ContextRefused
from controller.reasons import Code
from oracle.foundation.clocks import read_counting_clock
from oracle.foundation.reason import Reason

if TYPE_CHECKING:
    from kubernetes.aio.client import ApiClient

_log = logging.getLogger(__name__)

#: A rejected credential is loaded anew at most this often, seconds: a plugin may open a browser or cost a second.
MIN_RENEWAL_INTERVAL_S = 30.0

#: The files are looked at this often while requests are sent, seconds: a person who has logged in again waits for it.
LOOK_INTERVAL_S = 2.0

#: How long a request waits for that look, seconds. Files that give no answer, on a network mount that is away, hold up
#: no request; arbitrary.
LOOK_PATIENCE_S = 1.0


class KubeConnection:
    """Owns the library's client of one context.

    Args:
        reread: returns the context as its file says it now; None where that cannot change.
    """

    def __init__(
        self,
        context: KubeconfigContext,
        settings: KubeSettings,
        programs: ExecPrograms | None = None,
        *,
        reread: Callable[[], KubeconfigContext] | None = None,
        wall_clock: Callable[[], float] = time.time,
        counting: Callable[[], float] = read_counting_clock,
    ) -> None:
        self.kubeconfig = context
        self._settings = settings
        self._programs = programs or ExecPrograms(settings)
        self._reread = reread or (lambda: context)
        self._wall_clock = wall_clock
        self._counting = counting
        self._loaded: LoadedClient | None = None
        self._loading = asyncio.Lock()
        self._renewed_at = -MIN_RENEWAL_INTERVAL_S
        self._looked_at = counting()
        self._files = FileQuestions()
        #: The state of the files that the loaded client was made of; empty until they were looked at.
        self._stamps: tuple[FileStamp, ...] = ()
        self._is_closed = False

    def counting(self) -> float:
        """The clock by which credentials and requests age, also while the machine sleeps; seconds."""
        return self._counting()

    @property
    def warnings(self) -> tuple[Reason, ...]:
        """What a person should know about how this context is reached; empty until it was loaded."""
        return self._loaded.warnings if self._loaded is not None else ()

    async def load(self) -> LoadedClient:
        """Load the credentials, once. Raises: ContextRefused."""
        async with self._loading:
            if self._loaded is None:
                self._loaded = await self._load()
            return self._loaded

    async def get_client(self, request: str) -> ApiClient:
        """Return a client whose credential has not expired. Raises: AccessDenied, ClusterUnreachable once closed."""
        if self._is_closed:
            closed = Code.CONNECTION_CLOSED.because(context=self.kubeconfig.name)
            raise ClusterUnreachable(closed, request=request)
        try:
            if self._loaded is None or self._counting() - self._looked_at >= LOOK_INTERVAL_S:
                await self._follow_files()
            loaded = self._loaded or await self.load()
        except ContextRefused as error:
            raise AccessDenied(error.reason, request=request) from error
        if loaded.renew_at is not None and self._wall_clock() > loaded.renew_at:
            await self.renew(request)
        current = self._loaded or loaded
        return current.api_client

    async def renew(self, request: str) -> bool:
        """Load the credentials anew, once for all who wait for it; False where that cannot help.

        Raises: AccessDenied where they cannot be loaded.
        """
        before = self._loaded
        try:
            await self._follow_files()
            async with self._loading:
                if self._loaded is not before or before is None:
                    return True
                now = self._counting()
                if not before.is_renewable or now - self._renewed_at < MIN_RENEWAL_INTERVAL_S:
                    return False
                self._renewed_at = now
                await self._adopt(before, await self._load())
        except ContextRefused as error:
            raise AccessDenied(error.reason, request=request, status=401) from error
        return True

    async def close(self) -> None:
        """Close the connections; may be called twice."""
        self._is_closed = True
        self._files.close()
        if self._loaded is not None:
            await _close(self._loaded.api_client)

    async def _load(self) -> LoadedClient:
        return await load_client(self.kubeconfig, self._settings, self._programs, self._files)

    async def _follow_files(self) -> None:
        """Take over what the files say now. Raises: ContextRefused where they ask for what is not allowed."""
        async with self._loading:
            self._looked_at = self._counting()
            try:
                changed = await self._files.ask(LOOK_PATIENCE_S, self._look)
            except FilesSilent:
                _log.warning("%s: its files give no answer, so they count as before", self.kubeconfig.name)
                return
            if changed is None:
                return
            self.kubeconfig, self._stamps, refusal = changed
            if refusal is not None:
                await self._drop()
                raise ContextRefused(refusal)
            if self._loaded is None:
                return
            try:
                await self._adopt(self._loaded, await self._load())
            except ContextRefused as error:
                # A certificate may be half written; the credential that we have is good until the server objects.
                name = self.kubeconfig.name
                _log.warning("%s: its new credentials cannot be loaded yet: %s", name, error)
                self._stamps = ()

    def _look(self) -> tuple[KubeconfigContext, tuple[FileStamp, ...], Reason | None] | None:
        """What the files say now, their state, and why that is refused; None: the same as before. Blocks on files."""
        context = self._reread()
        stamps = stamp_files(context.files)
        if (context, stamps) == (self.kubeconfig, self._stamps):
            return None
        return context, stamps, find_reason_to_refuse(context, self._settings, self._programs)

    async def _drop(self) -> None:
        old, self._loaded = self._loaded, None
        if old is not None:
            await _close(old.api_client)

    async def _adopt(self, old: LoadedClient, fresh: LoadedClient) -> None:
        """Take over fresh credentials; open watches survive where only the token changed."""
        if fresh.transport_fingerprint == old.transport_fingerprint:
            old.api_client.configuration.api_key = fresh.api_client.configuration.api_key
            self._loaded = dataclasses.replace(old, renew_at=fresh.renew_at, warnings=fresh.warnings)
            return
        self._loaded = fresh
        await _close(old.api_client)


async def _close(api_client: ApiClient) -> None:
    session = api_client.rest_client.pool_manager
    if session is not None and session.connector is not None:
        # TLS's polite farewell would outlive the program's event loop.
        await session.connector.close(abort_ssl=True)
    await api_client.close()  # type: ignore[no-untyped-call]
