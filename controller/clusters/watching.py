"""Keeps one cluster's record up to date: list, then watch, for ever, whatever the API server does.

Why an own loop: the client library's watch retries a 410 with the same resourceVersion and never notices silence. Here
bookmarks move the version, a 410 lists again, a silent or broken stream begins anew, and a server that does not answer
is asked again with growing pauses and jitter. A kind that may only be listed is listed again and again.
The picture is for planning and for eyes: before a write, read afresh.
One task per cluster; everything it touches belongs to the event loop that runs it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from controller.clusters import paths
from controller.clusters.cluster_record import ClusterRecord, WatchedKind
from controller.clusters.fleet import Health
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import read_items
from controller.clusters.settings import NODE_DECLARATION, FleetSettings
from controller.clusters.toml_text import toml_key
from controller.errors import (
    AccessDenied,
    ClusterError,
    ClusterUnreachable,
    ObjectNotFound,
    RateLimited,
    ResourceExpired,
    ServerFailed,
)
from controller.reasons import Code
from oracle.foundation.reason import Reason

_log = logging.getLogger(__name__)

#: How many heartbeats of its cluster each other kind may be silent before its watch begins anew: what looks quiet may
#: be a connection that is dead.
SILENT_HEARTBEATS = 3

#: The cluster's identity: every cluster has this namespace, and its UID never changes.
IDENTITY_NAMESPACE = "kube-system"


class ClusterWatch:
    """Watches one cluster into a record and calls `on_change` after every change.

    `admit` returns once this cluster is to be watched under this name, or False where it is time to ask again who it
    is.
    `health` of the record: `denied` where a kind may not be read, `unreachable` where the server does not answer; both
    with a reason that names what to do. The last facts are kept, for display.
    """

    def __init__(
        self,
        api: KubeApi,
        record: ClusterRecord,
        settings: FleetSettings,
        on_change: Callable[[], None],
        *,
        namespace: str | None = None,
        admit: Callable[[], Awaitable[bool]] | None = None,
        wall_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: random.Random | None = None,
    ) -> None:
        self._api = api
        self._record = record
        self._settings = settings
        self._on_change = on_change
        self._namespace = namespace
        self._admit = admit
        self._wall_clock = wall_clock
        self._sleep = sleep
        self._chance = chance or random.Random()
        self._failures = 0
        #: Kinds that were listed since the connection was last made.
        self._fresh: set[WatchedKind] = set()
        #: kind -> what the server said when it might not be read.
        self._denials: dict[WatchedKind, str] = {}

    async def keep_watching(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._watch_once()
            except* ClusterError as group:
                self._note_failure(_first_error(group))
            except* Exception:
                _log.exception("watching %s failed", self._record.context)
                self._note_failure(None)
            await self._sleep(self._next_pause_s())

    async def _watch_once(self) -> None:
        """Identify the cluster, then keep all kinds up to date until one of them fails."""
        self._fresh.clear()
        await self._identify()
        while self._admit is not None and not await self._admit():
            await self._identify()
        async with asyncio.TaskGroup() as tasks:
            for kind in WatchedKind:
                tasks.create_task(self._keep_kind(kind))

    async def _identify(self) -> None:
        """Read the cluster's UID; drop what was seen of another cluster under this name."""
        uid: str | None = None
        try:
            body = await self._api.get(paths.namespace(IDENTITY_NAMESPACE))
            uid = as_text(as_mapping(body.get("metadata")).get("uid"))
        except (AccessDenied, ObjectNotFound) as error:
            if error.status == 401 or error.status is None:
                raise
            _log.warning("its identity cannot be read: %s", error)
        if self._record.uid is not None and uid != self._record.uid:
            self._record.forget()
        self._record.uid = uid

    async def _keep_kind(self, kind: WatchedKind) -> None:
        """List and watch one kind, for ever. Raises: ClusterError where a list is not answered."""
        while True:
            try:
                version = await self._list(kind)
                self._note_success(kind)
                await self._follow_until_broken(kind, version)
            except ResourceExpired:
                # The list changed too much between two of its pages.
                await self._sleep(self._chance.uniform(0.0, self._settings.retry_initial_s))
            except (AccessDenied, ObjectNotFound) as error:
                if not _concerns_kind_alone(kind, error):
                    raise
                if self._goes_without(kind):
                    self._note_success(kind)
                    self._on_change()
                else:
                    self._note_denial(kind, error)
                await self._sleep(self._settings.retry_maximum_s)

    def _goes_without(self, kind: WatchedKind) -> bool:
        """Whether the picture is whole although a kind cannot be listed.

        The configuration may say what the nodes are. Autoscalers are unknown then: the plan offers what it would
        offer if there were none, and the preflight, which asks again, refuses.
        """
        if kind is WatchedKind.AUTOSCALERS:
            self._record.go_without_autoscalers()
            return True
        return kind is WatchedKind.NODES and self._record.take_declared_nodes()

    async def _follow_until_broken(self, kind: WatchedKind, version: str) -> None:
        """Take events until the version is too old or the stream breaks: whether the server lives, a list will tell."""
        try:
            await self._follow(kind, version)
        except (ResourceExpired, ClusterUnreachable, ServerFailed) as error:
            _log.info("the watch of %s ended: %s", kind, error)
            await self._sleep(self._chance.uniform(0.0, self._settings.retry_initial_s))
        except AccessDenied as error:
            if error.status != 403:
                raise
            # Whoever may list but not watch is asked as often as a watch would have had to show that it lives.
            pause_s = self._settings.heartbeat_s
            _log.info("may not watch %s (%s), so they are listed every %g s", kind, error, pause_s)
            await self._sleep(pause_s)

    async def _list(self, kind: WatchedKind) -> str:
        """Read all objects, page by page, so that a large cluster never holds up the loop; return the version."""
        path = paths.collection(kind, None if kind is WatchedKind.NODES else self._namespace)
        params = {"limit": str(self._settings.page_size)}
        objects: list[tuple[tuple[str, str], Any]] = []
        while True:
            page = await self._get_patiently(path, params)
            objects.extend(
                self._record.read_object(kind, as_mapping(item))
                for item in read_items(self._record.context, path, page)
            )
            metadata = as_mapping(page.get("metadata"))
            token = as_text(metadata.get("continue"))
            if token is None:
                break
            params = {**params, "continue": token}
        if self._record.replace_all(kind, objects):
            self._on_change()
        return as_text(metadata.get("resourceVersion")) or "0"

    async def _get_patiently(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Read a page; a server that is only busy is asked once more when it said, and not taken for dead.

        Nobody makes us wait longer than the longest pause: what is shown grows old meanwhile.
        """
        try:
            return await self._api.get(path, params=params)
        except RateLimited as error:
            asked_s = error.retry_after_s or self._settings.retry_initial_s
            await self._sleep(min(asked_s, self._settings.retry_maximum_s))
            return await self._api.get(path, params=params)

    async def _follow(self, kind: WatchedKind, version: str) -> None:
        """Take events from `version` on, through as many watches as the server ends in good order."""
        path = paths.collection(kind, None if kind is WatchedKind.NODES else self._namespace)
        # One kind shows whether the server lives, each of the others whether its own connection does.
        declares_nodes = self._record.declared_node is not None
        is_heartbeat = kind is (WatchedKind.DEPLOYMENTS if declares_nodes else WatchedKind.NODES)
        silent_s = self._settings.heartbeat_s * (1 if is_heartbeat else SILENT_HEARTBEATS)
        params = {"timeoutSeconds": str(int(min(silent_s, self._settings.kube.watch_timeout_s)))}
        while True:
            received = 0
            async with aclosing(self._api.watch(path, resource_version=version, params=params)) as events:
                async for event in events:
                    received += 1
                    version = self._take_event(kind, event) or version
            self._record.observed_at = self._wall_clock()
            if not received:
                # A server that ends every watch at once must not be asked in a tight loop.
                await self._sleep(self._chance.uniform(0.0, self._settings.retry_initial_s))

    def _take_event(self, kind: WatchedKind, event: Mapping[str, Any]) -> str | None:
        """Apply an event; returns the version that it carries."""
        body = as_mapping(event.get("object"))
        self._record.observed_at = self._wall_clock()
        event_type = as_text(event.get("type")) or ""
        if event_type in ("ADDED", "MODIFIED", "DELETED") and self._record.apply_event(
            kind, event_type, body
        ):
            self._on_change()
        return as_text(as_mapping(body.get("metadata")).get("resourceVersion"))

    def _note_success(self, kind: WatchedKind) -> None:
        self._failures = 0
        self._fresh.add(kind)
        self._denials.pop(kind, None)
        self._record.observed_at = self._wall_clock()
        if self._denials:
            self._set_health(Health.DENIED, self._tell_denials())
        elif len(self._fresh) == len(WatchedKind):
            self._set_health(Health.REACHABLE, None)

    def _note_denial(self, kind: WatchedKind, error: ClusterError) -> None:
        self._denials[kind] = str(error.reason["answer"])
        self._set_health(Health.DENIED, self._tell_denials())

    def _tell_denials(self) -> Reason:
        """Name all that may not be listed, and what helps; that nodes can be declared helps with them alone."""
        context, [answer, *_] = self._record.context, self._denials.values()
        if self._denials.keys() == {WatchedKind.NODES}:
            section, keys = f"[contexts.{toml_key(context)}]", ", ".join(NODE_DECLARATION)
            return Code.NODES_DENIED.because(context=context, answer=answer, section=section, keys=keys)
        kinds = tuple(kind.value for kind in WatchedKind if kind in self._denials)
        if self._namespace is None:
            return Code.LIST_DENIED.because(context=context, kinds=kinds, answer=answer)
        return Code.LIST_DENIED_IN_NAMESPACE.because(
            context=context, kinds=kinds, namespace=self._namespace, answer=answer
        )

    def _note_failure(self, error: ClusterError | None) -> None:
        self._failures += 1
        health = Health.DENIED if isinstance(error, AccessDenied) else Health.UNREACHABLE
        if error is None:
            self._set_health(health, Code.WATCH_FAILED.because(context=self._record.context))
        else:
            self._set_health(health, error.reason)

    def _set_health(self, health: Health, reason: Reason | None) -> None:
        if (self._record.health, self._record.reason) != (health, reason):
            _log.info("%s is %s%s", self._record.context, health, f": {reason}" if reason else "")
            self._record.health, self._record.reason = health, reason
            self._on_change()

    def _next_pause_s(self) -> float:
        """Doubling pauses with full jitter in the upper half, so that many clients do not come back at once."""
        settings = self._settings
        pause_s = min(settings.retry_maximum_s, settings.retry_initial_s * 2.0 ** min(self._failures - 1, 16))
        return pause_s * self._chance.uniform(0.5, 1.0)


def _concerns_kind_alone(kind: WatchedKind, error: AccessDenied | ObjectNotFound) -> bool:
    """Whether a list that was refused says nothing about the rest of the cluster."""
    # Servers from before Kubernetes 1.23 have no autoscaling/v2; every one has the other kinds.
    return error.status == 403 or (kind is WatchedKind.AUTOSCALERS and isinstance(error, ObjectNotFound))


def _first_error(group: BaseExceptionGroup[ClusterError]) -> ClusterError:
    """Any of the errors: the kinds of one cluster fail for one reason."""
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, ClusterError)
    return first
