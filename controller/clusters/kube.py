"""The one adapter to Kubernetes: raw JSON over kubernetes.aio's client. Its errors and aiohttp's end here.

Why raw JSON: the typed API costs 1.6 s and 120 MiB at first use, and its response models can fail after a
write has landed. No retries here: whoever sent a write knows what to read back. One client per context, used
from one event loop.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from controller.clusters.answer_frame import find_fault
from controller.clusters.api_errors import error_for_status
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.kube_api import NO_PARAMS, PatchType, Permission, WriteOptions, always_permitted
from controller.clusters.kube_connection import KubeConnection
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.last_word import LAST_WORD
from controller.clusters.paths import (
    ACCESS_REVIEWS,
    IDENTITY_NAMESPACE,
    VERSION,
    find_namespace,
    is_secret,
    names_object,
    namespace,
)
from controller.clusters.settings import KubeSettings
from controller.clusters.silence import tell_silence
from controller.clusters.toml_text import toml_list
from controller.clusters.user_agent import make_user_agent
from controller.errors import ClusterUnreachable, NotArmed, ServerFailed
from controller.reasons import Code
from oracle.foundation.reason import Reason

if TYPE_CHECKING:
    import aiohttp

#: Longest line of a watch, bytes: etcd's limit for an object is 1.5 MiB, JSON and managed fields add to it.
MAX_EVENT_BYTES = 8 * 1024 * 1024

#: How a Secret is asked for: the server sends what it is called and keeps what it holds.
METADATA_ALONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


#: Given a namespace (None: none) and the UID of the cluster that answers (None: not known), says why nothing may be
#: changed there; None: it may.
Licence = Callable[[str | None, str | None], Reason | None]

_IDENTITY = namespace(IDENTITY_NAMESPACE)


class KubeClient:
    """One context's API server, as `kube_api.KubeApi` describes it.

    Credentials are loaded by the first request, so that a context nobody asks costs nothing and runs no
    plugin. `licence` guards the transport itself: it is asked of all that could change the cluster, last as its bytes
    leave; without one nothing of that sort does.
    """

    def __init__(
        self,
        context: KubeconfigContext,
        settings: KubeSettings | None = None,
        *,
        licence: Licence | None = None,
        connection: KubeConnection | None = None,
    ) -> None:
        self._settings = settings or KubeSettings()
        self._connection = connection or KubeConnection(context, self._settings)
        self._licence = licence or self._refuse
        #: A server, and the UID of the cluster that has answered there.
        self._identity: tuple[str, str] | None = None

    @property
    def context(self) -> str:
        """The name of the kubeconfig context."""
        return self._connection.kubeconfig.name

    @property
    def cluster_uid(self) -> str | None:
        """Who answers: the UID of kube-system as it was read last, whoever read it. None: that is not known, as where
        the file names another server by now.
        """
        if self._identity is None or self._identity[0] != self._connection.kubeconfig.server:
            return None
        return self._identity[1]

    @property
    def unarmable_reason(self) -> Reason | None:
        """What has to be confirmed before the context can be armed; None: nothing."""
        kubeconfig = self._connection.kubeconfig
        if not kubeconfig.skips_tls_verification or kubeconfig.name in self._settings.insecure_tls_moves:
            return None
        line = f"insecure_tls_moves = {toml_list([kubeconfig.name])}"
        return Code.ARMING_UNCONFIRMED.because(context=kubeconfig.name, line=line)

    @property
    def warnings(self) -> tuple[Reason, ...]:
        """What a person should know about how this context is reached (unverified, unencrypted, by proxy)."""
        return self._connection.warnings

    async def get(self, path: str, *, params: Mapping[str, str] = NO_PARAMS) -> dict[str, Any]:
        """Read one object, or one page of a list."""
        return await self._request("GET", path, params=params)

    async def create(
        self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """POST to a collection."""
        return await self._request("POST", path, body=body, **options)

    async def replace(
        self, path: str, body: Mapping[str, Any], **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """PUT an object."""
        return await self._request("PUT", path, body=body, **options)

    async def patch(
        self, path: str, body: Any, patch_type: PatchType, **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """PATCH an object."""
        return await self._request("PATCH", path, body=body, patch_type=patch_type, **options)

    async def apply(
        self, path: str, body: Any, manager: str, **options: Unpack[WriteOptions]
    ) -> dict[str, Any]:
        """Apply the fields of `body` on the server, as `manager`."""
        params = {"fieldManager": manager, "force": "false"}
        return await self._request(
            "PATCH", path, params=params, body=body, patch_type=PatchType.APPLY, **options
        )

    async def delete(
        self,
        path: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> dict[str, Any]:
        """DELETE an object, given preconditions only if they still hold."""
        conditions = {"uid": uid, "resourceVersion": resource_version}
        preconditions = {name: value for name, value in conditions.items() if value is not None}
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if preconditions:
            body["preconditions"] = preconditions
        return await self._request("DELETE", path, body=body, **options)

    async def watch(
        self, path: str, *, resource_version: str, params: Mapping[str, str] = NO_PARAMS
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield raw events until the server ends the watch."""
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(int(self._settings.watch_timeout_s)),
            **params,
        }
        silence_s = int(query["timeoutSeconds"]) + self._settings.watch_slack_s
        request = f"WATCH {path}"
        response = await self._open("GET", path, params=query, request=request, silence_s=silence_s)
        try:
            async for line in self._read_lines(response, request):
                yield self._parse_event(line, request)
        finally:
            _hang_up(response)

    async def read_server_time(self) -> float:
        """The API server's clock, Unix seconds cut to whole ones, by the Date of an answer.

        Raises: ClusterError; ServerFailed where the answer has no date.
        """
        request = f"GET {VERSION}"
        response = await self._open("GET", VERSION, request=request)
        try:
            await self._read_all(response, request)
        finally:
            response.release()
        try:
            return parsedate_to_datetime(response.headers["Date"]).timestamp()
        except (KeyError, ValueError, OverflowError) as error:
            raise self._not_understood(Code.ANSWER_NO_DATE.because(), request) from error

    async def close(self) -> None:
        """Close the connections; may be called twice."""
        await self._connection.close()

    async def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] = NO_PARAMS,
        body: Any = None,
        dry_run: bool = False,
        patch_type: PatchType | None = None,
        permission: Permission = always_permitted,
    ) -> dict[str, Any]:
        request = f"{method} {path}"
        query = {**params, "dryRun": "All"} if dry_run else params
        self._check_licence(method, path, query, request)
        write = None
        server = self._connection.kubeconfig.server
        if method != "GET" and not dry_run:
            write = _Write(self._connection.counting() + self._settings.request_timeout_s, permission)
        response = await self._open(
            method,
            path,
            params=query,
            body=body,
            patch_type=patch_type,
            request=request,
            write=write,
        )
        try:
            raw = await self._read_all(response, request)
        finally:
            response.release()
        answer = self._parse_object(raw, request)
        if method == "GET" and path == _IDENTITY and server == self._connection.kubeconfig.server:
            uid = as_text(as_mapping(answer.get("metadata")).get("uid"))
            self._identity = None if uid is None else (server, uid)
        return answer

    def _check_licence(self, method: str, path: str, query: Mapping[str, str], request: str) -> None:
        is_dry_run = query.get("dryRun") == "All"
        is_review = method == "POST" and path == ACCESS_REVIEWS
        if method == "GET" or is_dry_run or is_review:
            return
        refusal = self.unarmable_reason or self._licence(find_namespace(path), self.cluster_uid)
        if refusal is not None:
            raise NotArmed(refusal, request=request)

    def _refuse(self, namespace: str | None, cluster_uid: str | None) -> Reason:
        return Code.NOT_ARMED.because(contexts=(self.context,))

    def _judge(
        self, method: str, path: str, params: Mapping[str, str], request: str, write: _Write | None
    ) -> float:
        """Return how long the request may take from now on, seconds. Raises: where it may not leave any more."""
        self._check_licence(method, path, params, request)
        if write is None:
            return self._settings.request_timeout_s
        left_s = write.answer_by - self._connection.counting()
        if left_s <= 0:
            too_late = Code.WRITE_TOO_LATE.because(context=self.context)
            raise ClusterUnreachable(too_late, request=request)
        write.permission()
        return left_s

    async def _open(
        self,
        method: str,
        path: str,
        *,
        request: str,
        params: Mapping[str, str] = NO_PARAMS,
        body: Any = None,
        patch_type: PatchType | None = None,
        silence_s: float | None = None,
        write: _Write | None = None,
    ) -> aiohttp.ClientResponse:
        """Send a request and return its 2xx answer, unread. A 401 did nothing, so it is renewed and sent again."""
        for attempt in (1, 2):
            response = await self._send(method, path, params, body, patch_type, request, silence_s, write)
            if response.status != 401 or attempt == 2 or not await self._connection.renew(request):
                break
            response.release()
        if 200 <= response.status < 300:
            return response
        try:
            status = _parse_status(await self._read_all(response, request))
        finally:
            response.release()
        if response.status == 404 and status.get("kind") != "Status" and names_object(path):
            # A proxy, or a server that is only starting: it does not know whether the object is there.
            raise self._not_understood(Code.ANSWER_NOT_FOUND_BY_OTHERS.because(), request)
        raise error_for_status(
            self.context,
            response.status,
            status,
            request=request,
            retry_after=response.headers.get("Retry-After"),
            patch_type=patch_type,
        )

    async def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Any,
        patch_type: PatchType | None,
        request: str,
        silence_s: float | None,
        write: _Write | None,
    ) -> aiohttp.ClientResponse:
        import aiohttp

        api_client = await self._connection.get_client(request)
        # Getting a credential may have taken seconds, and connecting will, in which somebody disarmed or the machine
        # slept: judged now, and once more by the last word, when the connection stands.
        settings, judge = self._settings, partial(self._judge, method, path, params, request, write)
        left_s = judge()
        timeout = aiohttp.ClientTimeout(
            total=left_s if silence_s is None else None,
            sock_connect=settings.connect_timeout_s,
            sock_read=silence_s,
        )
        accept = METADATA_ALONE if is_secret(path) else "application/json"
        headers = {"Accept": accept, "Content-Type": patch_type or "application/json"}
        try:
            # The token travels in the header only; params is a list because the library appends to it.
            serialized = await api_client.param_serialize(
                method,
                path,
                query_params=list(params.items()),
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
            )
            # Here, because the library puts its own name over that of a header that it was given.
            serialized[2]["User-Agent"] = make_user_agent(settings.user_agent)
            with LAST_WORD.of(judge):
                answer = await api_client.call_api(*serialized, _request_timeout=timeout)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise self._unreachable(error, request) from error
        response: aiohttp.ClientResponse = answer.response
        return response

    async def _read_all(self, response: aiohttp.ClientResponse, request: str) -> bytes:
        import aiohttp

        limit = self._settings.max_answer_bytes
        chunks: list[bytes] = []
        size = 0
        try:
            async for chunk in response.content.iter_any():
                size += len(chunk)
                if size > limit:
                    _hang_up(response)
                    raise self._too_large(limit, request)
                chunks.append(chunk)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error, request) from error
        return b"".join(chunks)

    async def _read_lines(
        self, response: aiohttp.ClientResponse, request: str
    ) -> AsyncGenerator[bytes, None]:
        import aiohttp

        rest = bytearray()
        try:
            async for chunk in response.content.iter_any():
                rest += chunk
                if b"\n" not in chunk:
                    if len(rest) > MAX_EVENT_BYTES:
                        raise self._too_large(MAX_EVENT_BYTES, request)
                    continue
                *lines, tail = rest.split(b"\n")
                rest = tail
                for line in lines:
                    if line.strip():
                        yield bytes(line)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error, request) from error

    def _parse_event(self, line: bytes, request: str) -> dict[str, Any]:
        event = self._parse_object(line, request)
        fault = find_fault(event["object"]) if isinstance(event.get("object"), dict) else None
        if fault is not None:
            raise self._not_understood(fault, request)
        if event.get("type") == "ERROR":
            status = event.get("object")
            status = status if isinstance(status, dict) else {}
            code = status.get("code")
            raise error_for_status(
                self.context, code if isinstance(code, int) else 500, status, request=request
            )
        return event

    def _parse_object(self, raw: bytes, request: str) -> dict[str, Any]:
        try:
            parsed = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise self._not_understood(Code.ANSWER_NO_JSON.because(), request) from error
        if not isinstance(parsed, dict):
            raise self._not_understood(Code.ANSWER_NO_OBJECT.because(), request)
        if (fault := find_fault(parsed)) is not None:
            raise self._not_understood(fault, request)
        return parsed

    def _unreachable(self, error: BaseException, request: str) -> ClusterUnreachable:
        reason = tell_silence(self.context, self._connection.kubeconfig.server, error)
        return ClusterUnreachable(reason, request=request)

    def _not_understood(self, problem: Reason, request: str) -> ServerFailed:
        asked = {"context": self.context, "request": request}
        return ServerFailed(Code.ANSWER_NOT_UNDERSTOOD.because(**asked, problem=problem), request=request)

    def _too_large(self, limit: int, request: str) -> ServerFailed:
        return ServerFailed(Code.ANSWER_TOO_LARGE.because(context=self.context, limit=limit), request=request)


@dataclass(frozen=True, slots=True)
class _Write:
    """What a write's leaving depends on.

    answer_by: counted seconds after which it is neither sent nor waited for, however long its credential and its
        connection took: by then what it rests on may be over.
    """

    answer_by: float
    permission: Permission


def _parse_status(raw: bytes) -> Mapping[str, Any]:
    """The Status object of an error answer; empty where a proxy or a panic answered with something else."""
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _hang_up(response: aiohttp.ClientResponse) -> None:
    """End an answer in the middle, at once: TLS's polite farewell would outlive the program's event loop."""
    connection = response.connection
    transport = connection.transport if connection is not None else None
    response.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
