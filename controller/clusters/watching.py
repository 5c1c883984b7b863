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
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from controller.clusters import paths
from controller.clusters.cluster_record import ClusterRecord
from controller.clusters.fleet import Health, WatchedKind
from controller.clusters.freshness import compute_silence_s
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import KubeApi
from controller.clusters.listing import MAX_LISTING_S, MAX_PAGES, endless, read_items, require_end
from controller.clusters.scopes import Scope
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
from oracle.foundation.clocks import SYSTEM_CLOCKS, Clocks
from oracle.foundation.instant import Instant
from oracle.foundation.reason import Reason

_log = logging.getLogger(__name__)

#: Of what a move waits for.
_HINTED = frozenset({WatchedKind.DEPLOYMENTS, WatchedKind.PODS})


class _AnotherCluster(Exception):
    """A context has come to lead to another cluster than the one that was watched."""


class ClusterWatch:
    """Watches one cluster into a record and calls `on_change` after every change.

    `admit` returns once this cluster is to be watched under this name, or False where it is time to ask again who it
    is.
    `hint` is given the namespace and name of each Deployment and pod that an event is about.
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
        admit: Callable[[], Awaitable[bool]] | None = None,
        hint: Callable[[str, str], None] = lambda namespace, name: None,
        clocks: Clocks = SYSTEM_CLOCKS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: random.Random | None = None,
    ) -> None:
        self._api = api
        self._record = record
        self._settings = settings
        self._on_change = on_change
        self._admit = admit
        self._hint = hint
        self._clocks = clocks
        self._sleep = sleep
        self._chance = chance or random.Random()
        self._failures = 0
        #: What was listed since the connection was last made.
        self._fresh: set[Scope] = set()
        #: scope -> what the server said when it might not be read.
        self._denials: dict[Scope, str] = {}

    async def keep_watching(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._watch_once()
            except* _AnotherCluster:
                _log.warning("%s leads to another cluster now", self._record.context)
            except* ClusterError as group:
                self._note_failure(_first_error(group))
            except* Exception:
                _log.exception("watching %s failed", self._record.context)
                self._note_failure(None)
            await self._sleep(self._next_pause_s())

    async def _watch_once(self) -> None:
        """Identify the cluster, then keep all of it up to date until a part of it fails."""
        self._fresh.clear()
        await self._identify()
        while self._admit is not None and not await self._admit():
            await self._identify()
        async with asyncio.TaskGroup() as tasks:
            for scope in self._record.scopes:
                tasks.create_task(self._keep(scope))

    async def _require_identity(self) -> None:
        """Ask again who the cluster is: what broke a watch may be that another one has taken its place.

        Raises: _AnotherCluster; ClusterError.
        """
        known = self._record.uid
        await self._identify()
        if self._record.uid != known:
            self._on_change()
            raise _AnotherCluster

    async def _identify(self) -> None:
        """Read the cluster's UID; drop what was seen of another cluster under this name."""
        uid: str | None = None
        try:
            body = await self._api.get(paths.namespace(paths.IDENTITY_NAMESPACE))
            uid = as_text(as_mapping(body.get("metadata")).get("uid"))
        except (AccessDenied, ObjectNotFound) as error:
            if error.status == 401 or error.status is None:
                raise
            _log.warning("its identity cannot be read: %s", error)
        if self._record.uid is not None and uid != self._record.uid:
            self._record.forget()
        self._record.uid = uid

    async def _keep(self, scope: Scope) -> None:
        """List and watch one kind in one place, for ever. Raises: ClusterError where a list is not answered."""
        while True:
            try:
                if scope.kind is WatchedKind.DEPLOYMENTS and scope in self._fresh:
                    await self._require_identity()
                version = await self._list(scope)
                self._note_success(scope)
                await self._follow_until_broken(scope, version)
            except ResourceExpired:
                # The list changed too much between two of its pages.
                await self._sleep(self._chance.uniform(0.0, self._settings.retry_initial_s))
            except (AccessDenied, ObjectNotFound) as error:
                if not _concerns_kind_alone(scope.kind, error):
                    raise
                if self._goes_without(scope):
                    self._note_success(scope)
                    self._on_change()
                else:
                    self._note_denial(scope, error)
                await self._sleep(self._settings.retry_maximum_s)

    def _goes_without(self, scope: Scope) -> bool:
        """Whether the picture is whole although something cannot be listed.

        The configuration may say what the nodes are. Autoscalers are unknown then: the plan offers what it would
        offer if there were none, and the preflight, which asks again, refuses.
        """
        if scope.kind is WatchedKind.AUTOSCALERS:
            self._record.go_without_autoscalers(scope)
            return True
        return scope.kind is WatchedKind.NODES and self._record.take_declared_nodes()

    async def _follow_until_broken(self, scope: Scope, version: str) -> None:
        """Take events until the version is too old or the stream breaks: whether the server lives, a list will tell."""
        try:
            await self._follow(scope, version)
        except (ResourceExpired, ClusterUnreachable, ServerFailed) as error:
            _log.info("the watch of %s ended: %s", scope.kind, error)
            await self._sleep(self._chance.uniform(0.0, self._settings.retry_initial_s))
        except AccessDenied as error:
            if error.status != 403:
                raise
            # Whoever may list but not watch is asked as often as a watch would have had to show that it lives.
            pause_s = self._settings.heartbeat_s
            _log.info("may not watch %s (%s), so they are listed every %g s", scope.kind, error, pause_s)
            await self._sleep(pause_s)

    async def _list(self, scope: Scope) -> str:
        """Read all objects, page by page, so that a large cluster never holds up the loop; return the version."""
        path = paths.collection(scope.kind, scope.namespace)
        params = {"limit": str(self._settings.page_size)}
        objects: list[tuple[tuple[str, str], Any]] = []
        # All pages are of the moment of the first, however long the others take.
        asked_at = self._clocks.now()
        for _ in range(MAX_PAGES):
            page = await self._get_patiently(path, params)
            objects.extend(
                self._record.read_object(scope.kind, as_mapping(item))
                for item in read_items(self._record.context, path, page)
            )
            require_end(self._record.context, path, len(objects))
            metadata = as_mapping(page.get("metadata"))
            token = as_text(metadata.get("continue"))
            if token is None:
                break
            if asked_at.age_s(self._clocks.now()) > MAX_LISTING_S:
                raise endless(self._record.context, path)
            params = {**params, "continue": token}
        else:
            raise endless(self._record.context, path)
        self._note_reading(scope, asked_at)
        if self._record.replace_all(scope, objects):
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

    async def _follow(self, scope: Scope, version: str) -> None:
        """Take events from `version` on, through as many watches as the server ends in good order."""
        path = paths.collection(scope.kind, scope.namespace)
        silent_s = compute_silence_s(scope, self._settings, self._record.heartbeat)
        params = {"timeoutSeconds": str(int(min(silent_s, self._settings.kube.watch_timeout_s)))}
        while True:
            received = 0
            async with aclosing(self._api.watch(path, resource_version=version, params=params)) as events:
                async for event in events:
                    received += 1
                    version = self._take_event(scope, event) or version
            self._note_reading(scope, self._clocks.now())
            if not received:
                # A server that ends every watch at once must not be asked in a tight loop.
                await self._sleep(self._chance.uniform(0.0, self._settings.retry_initial_s))

    def _take_event(self, scope: Scope, event: Mapping[str, Any]) -> str | None:
        """Apply an event; returns the version that it carries."""
        body = as_mapping(event.get("object"))
        self._note_reading(scope, self._clocks.now())
        event_type = as_text(event.get("type")) or ""
        if scope.kind in _HINTED:
            metadata = as_mapping(body.get("metadata"))
            self._hint(as_text(metadata.get("namespace")) or "", as_text(metadata.get("name")) or "")
        if event_type in ("ADDED", "MODIFIED", "DELETED") and self._record.apply_event(
            scope, event_type, body
        ):
            require_end(self._record.context, f"WATCH {scope.kind}", self._record.count(scope))
            self._on_change()
        return as_text(as_mapping(body.get("metadata")).get("resourceVersion"))

    def _note_reading(self, scope: Scope, at: Instant) -> None:
        """Remember when it was as it is known; that a kind is known again is a change."""
        was_outdated = scope.kind in self._record.freshness.find_outdated(self._clocks.now())
        self._record.freshness.note(scope, at)
        if was_outdated:
            self._on_change()

    def _note_success(self, scope: Scope) -> None:
        self._failures = 0
        self._fresh.add(scope)
        self._denials.pop(scope, None)
        self._judge_denials()

    def _note_denial(self, scope: Scope, error: ClusterError) -> None:
        self._denials[scope] = str(error.reason["answer"])
        self._fresh.discard(scope)
        self._judge_denials()

    def _judge_denials(self) -> None:
        """Leave out the namespaces of which not all may be listed, where there are others; else nothing is usable."""
        asked = {scope.namespace for scope in self._record.scopes if scope.namespace is not None}
        denied = frozenset(scope.namespace for scope in self._denials if scope.namespace is not None)
        is_partial = bool(denied) and all(scope.namespace for scope in self._denials) and denied < asked
        left_out = denied if is_partial else frozenset()
        self._leave_out(left_out)
        if self._denials and not left_out:
            self._set_health(Health.DENIED, self._tell_denials())
        elif self._fresh >= set(self._record.open_scopes):
            self._set_health(Health.REACHABLE, None)

    def _leave_out(self, namespaces: frozenset[str]) -> None:
        known = self._record.left_out
        self._record.leave_out(namespaces, self._tell_left_out() if namespaces else None)
        if self._record.left_out != known:
            self._on_change()

    def _tell_denials(self) -> Reason:
        """Name all that may not be listed, and what helps; that nodes can be declared helps with them alone."""
        context, [answer, *_] = self._record.context, self._denials.values()
        denied = [scope for scope in self._record.scopes if scope in self._denials]
        kinds = tuple(dict.fromkeys(scope.kind.value for scope in denied))
        if kinds == (WatchedKind.NODES.value,):
            section, keys = f"[contexts.{toml_key(context)}]", ", ".join(NODE_DECLARATION)
            return Code.NODES_DENIED.because(context=context, answer=answer, section=section, keys=keys)
        namespaces = tuple(dict.fromkeys(scope.namespace for scope in denied if scope.namespace is not None))
        if not namespaces:
            return Code.LIST_DENIED.because(context=context, kinds=kinds, answer=answer)
        return Code.LIST_DENIED_IN_NAMESPACES.because(
            context=context, kinds=kinds, namespaces=namespaces, answer=answer
        )

    def _tell_left_out(self) -> Reason:
        [answer, *_] = self._denials.values()
        denied = [scope for scope in self._record.scopes if scope in self._denials]
        return Code.NAMESPACES_LEFT_OUT.because(
            context=self._record.context,
            namespaces=tuple(dict.fromkeys(str(scope.namespace) for scope in denied)),
            kinds=tuple(dict.fromkeys(scope.kind.value for scope in denied)),
            answer=answer,
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
