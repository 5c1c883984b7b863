"""A small, blocking client of one API server for one user. Tests and the start of a cluster use it; the product does
not, and it does not use the product: what checks the controller must not share its code.

Every call opens its own connection, so that calls from several threads do not meet.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.controlplane.errors import ControlPlaneError, RequestRefused

JsonObject = dict[str, Any]

TIMEOUT_S = 20.0
"""For one answer; a loaded machine may need seconds while several servers start."""

PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked of the server."""

    method: str
    path: str
    query: Mapping[str, str]
    body: object = None
    content_type: str = "application/json"
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True, slots=True)
class ApiClient:
    """One user's access.

    Attributes:
        base_url: "https://127.0.0.1:port".
        token: bearer token of the user; None where `tls` has the user's certificate.
        tls: trusts the cluster's own authority and nobody else.
    """

    base_url: str
    token: str | None
    tls: ssl.SSLContext

    def get(self, path: str, **query: str) -> JsonObject:
        """Return the object or list at `path`. Raises: RequestRefused."""
        return self._exchange(_Request("GET", path, query))

    def create(self, path: str, body: Mapping[str, Any], **query: str) -> JsonObject:
        """POST an object to a collection. Raises: RequestRefused."""
        return self._exchange(_Request("POST", path, query, body))

    def replace(self, path: str, body: Mapping[str, Any], **query: str) -> JsonObject:
        """PUT an object. Raises: RequestRefused."""
        return self._exchange(_Request("PUT", path, query, body))

    def patch(self, path: str, body: object, kind: str = "merge", **query: str) -> JsonObject:
        """PATCH an object; `kind` is a key of PATCH_TYPES. Raises: RequestRefused."""
        return self._exchange(_Request("PATCH", path, query, body, PATCH_TYPES[kind]))

    def delete(self, path: str, body: Mapping[str, Any] | None = None, **query: str) -> JsonObject:
        """DELETE an object, with preconditions if `body` has some. Raises: RequestRefused."""
        return self._exchange(_Request("DELETE", path, query, body))

    def is_ready(self) -> bool:
        """Tell whether the server answers /readyz with success."""
        try:
            with self._open(_Request("GET", "/readyz", {})) as response:
                return response.status == 200
        except (OSError, http.client.HTTPException):
            return False

    def await_object(
        self, collection: str, name: str, is_wanted: Callable[[JsonObject], bool], timeout_s: float = 30.0
    ) -> JsonObject:
        """Return the named object as soon as `is_wanted` says so.

        Raises: ControlPlaneError with the last state seen when the time is over.
        """
        return self.await_any(collection, is_wanted, timeout_s, fieldSelector=f"metadata.name={name}")

    def await_any(
        self,
        collection: str,
        is_wanted: Callable[[JsonObject], bool],
        timeout_s: float = 30.0,
        since: str = "",
        **selectors: str,
    ) -> JsonObject:
        """Return the first object of a collection that is wanted, by watching it.

        Args:
            since: resource version of a list: every state after it is looked at. Empty looks at what is there first.
            selectors: `fieldSelector` or `labelSelector`.
        Raises: ControlPlaneError with the last state seen when the time is over.
        """
        seen: JsonObject = {}
        for seen in self._follow(collection, timeout_s, since, selectors):
            if is_wanted(seen):
                return seen
        raise ControlPlaneError(
            f"Nothing in {collection} {selectors} was as wanted within {timeout_s} s; last seen: {json.dumps(seen)}"
        )

    def await_gone(self, collection: str, name: str, timeout_s: float = 30.0) -> None:
        """Return once no object of that name is left.

        Raises: ControlPlaneError when the time is over.
        """
        selectors = {"fieldSelector": f"metadata.name={name}"}
        listed = self.get(collection, **selectors)
        if not listed["items"]:
            return
        version = listed["metadata"]["resourceVersion"]
        if not any(
            event["type"] == "DELETED" for event in self._watch(collection, timeout_s, version, selectors)
        ):
            raise ControlPlaneError(f"{collection}/{name} was still there after {timeout_s} s.")

    def _follow(
        self, collection: str, timeout_s: float, since: str, selectors: Mapping[str, str]
    ) -> Iterator[JsonObject]:
        """Yield the present state of the objects, unless a version is given, then each change until time is over."""
        if not since:
            listed = self.get(collection, **selectors)
            yield from listed["items"]
            since = listed["metadata"]["resourceVersion"]
        for event in self._watch(collection, timeout_s, since, selectors):
            if event["type"] != "DELETED":
                yield event["object"]

    def _watch(
        self, collection: str, timeout_s: float, since: str, selectors: Mapping[str, str]
    ) -> Iterator[JsonObject]:
        """Yield the events after a version until the time is over.

        Raises: RequestRefused, also where the server refuses to go on in the middle of the watch.
        """
        query = {
            **selectors,
            "watch": "true",
            "resourceVersion": since,
            "timeoutSeconds": str(max(1, round(timeout_s))),
        }
        request = _Request("GET", collection, query, timeout_s=timeout_s + TIMEOUT_S)
        with self._open(request) as response:
            for line in response:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise RequestRefused("GET", collection, event["object"]["code"], event["object"])
                yield event

    def _exchange(self, request: _Request) -> JsonObject:
        with self._open(request) as response:
            answer = parse_body(response.read())
            if not 200 <= response.status < 300:
                raise RequestRefused(request.method, request.path, response.status, answer)
            return answer

    def _open(self, request: _Request) -> http.client.HTTPResponse:
        address = urlsplit(self.base_url).netloc
        connection = http.client.HTTPSConnection(address, context=self.tls, timeout=request.timeout_s)
        headers = {
            "User-Agent": "kubectl",  # who writes as a person does owns what people own
            "Content-Type": request.content_type,
            "Connection": "close",  # http.client then hands the socket to the response, which closes it
        }
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        target = f"{request.path}?{urlencode(request.query)}" if request.query else request.path
        body = None if request.body is None else json.dumps(request.body)
        connection.request(request.method, target, body, headers)
        return connection.getresponse()


def parse_body(body: bytes) -> JsonObject:
    """Return the JSON object in an answer; an empty one for other bodies, such as those of proxies and probes."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
