"""One cluster of either backend, as the conformance tests see it: blocking requests and watches, raw JSON.

Speaks through kubernetes.aio's ApiClient, the library under the controller's own adapter, on a loop that runs only
while a test waits. No test sleeps: what needs time is awaited by watching for it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from kubernetes.aio import client, config

from tests.controlplane.api import PATCH_TYPES

JsonObject = dict[str, Any]
State = TypeVar("State")

WAIT_S = 60.0
"""For something that a control loop will do; a real one may be busy, and an autoscaler looks every 15 s."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, to be sent.

    Attributes:
        patch: key of PATCH_TYPES for a PATCH.
        headers: added to the usual ones, or instead of these.
    """

    method: str
    path: str
    body: Any = None
    patch: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)

    def all_headers(self) -> dict[str, str]:
        media_type = PATCH_TYPES[self.patch] if self.patch else "application/json"
        return {"Accept": "application/json", "Content-Type": media_type, **self.headers}


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    body: JsonObject
    headers: Mapping[str, str]


class Watch:
    """An open watch; iterate over its events, or take one at a time."""

    def __init__(self, runner: asyncio.Runner, response: aiohttp.ClientResponse) -> None:
        self._runner = runner
        self._events = read_events(response)

    def next(self) -> JsonObject | None:
        """The next event, or None at the end of the watch."""
        return self._runner.run(asyncio.wait_for(anext(self._events, None), WAIT_S))

    def __iter__(self) -> Iterator[JsonObject]:
        while (event := self.next()) is not None:
            yield event

    def take(self, count: int) -> list[JsonObject]:
        return list(itertools.islice(self, count))


async def read_events(response: aiohttp.ClientResponse) -> AsyncIterator[JsonObject]:
    """The events of an open watch, one JSON object in a line."""
    rest = b""
    async for chunk in response.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield json.loads(line)


class ClusterUnderTest:
    """A cluster with a namespace of its own for one test.

    Attributes:
        namespace: exists, may be filled freely, goes after the test.
    """

    def __init__(self, runner: asyncio.Runner, api: client.ApiClient, namespace: str) -> None:
        self._runner = runner
        self._api = api
        self.namespace = namespace

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        patch: str | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """Send one request and return the answer, whatever its code."""
        (answer,) = self.race([Request(method, path, body, patch, headers or {}, query)])
        return answer

    def race(self, requests: Iterable[Request]) -> list[Answer]:
        """Send all requests at the same moment and return their answers, in the order of the requests."""

        async def send_all() -> list[Answer]:
            return await asyncio.gather(*(self._exchange(one) for one in requests))

        return self._runner.run(send_all())

    def get(self, path: str, **query: Any) -> JsonObject:
        return expect(200, self.request("GET", path, **query))

    def create(self, path: str, body: JsonObject, **query: Any) -> JsonObject:
        return expect(201, self.request("POST", path, body, **query))

    def replace(self, path: str, body: JsonObject, **query: Any) -> JsonObject:
        return expect(200, self.request("PUT", path, body, **query))

    def patch(self, path: str, body: Any, kind: str = "merge", **query: Any) -> JsonObject:
        return expect(200, self.request("PATCH", path, body, patch=kind, **query))

    def delete(self, path: str, body: JsonObject | None = None, **query: Any) -> Answer:
        return self.request("DELETE", path, body, **query)

    def path(self, plural: str, name: str = "", group: str = "") -> str:
        """The path of a collection, or of one object, in the test's namespace."""
        prefix = f"/apis/{group}" if group else "/api/v1"
        return f"{prefix}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def deployment(self, name: str = "") -> str:
        return self.path("deployments", name, group="apps/v1")

    @contextmanager
    def watch(self, path: str, **query: Any) -> Iterator[Watch]:
        """Open a watch. The answer must be 200, as it is even for a version that is too old."""
        response = self._runner.run(self._open(_watch_request(path, query)))
        assert response.status == 200
        try:
            yield Watch(self._runner, response)
        finally:
            self._runner.run(_close(response))

    def eventually(
        self, path: str, is_wanted: Callable[[JsonObject], bool], since: JsonObject | None = None
    ) -> JsonObject:
        """The object once `is_wanted` says so; it may have to come into being first.

        Args:
            since: an earlier version of the object: every version after it is looked at. None looks at what is there
                and then at each change, so that a state which passes quickly may be missed.
        """
        collection, _, name = path.rpartition("/")
        selector = {"fieldSelector": f"metadata.name={name}"}
        version = None if since is None else since["metadata"]["resourceVersion"]
        return self._runner.run(_await_state(path, self._follow(collection, selector, version), is_wanted))

    def eventually_listed(
        self, path: str, is_wanted: Callable[[list[JsonObject]], bool], **query: Any
    ) -> list[JsonObject]:
        """The items of a collection once `is_wanted` says so; looks again after each change of it."""
        return self._runner.run(_await_state(path, self._follow_list(path, query), is_wanted))

    def eventually_answered(self, request: Request, is_wanted: Callable[[Answer], bool]) -> Answer:
        """The answer once `is_wanted` says so, asking again and again: for what a server learns by no watch of ours."""
        return self._runner.run(_await_state(request.path, self._repeat(request), is_wanted))

    async def _repeat(self, request: Request) -> AsyncGenerator[Answer, None]:
        while True:
            yield await self._exchange(request)

    async def _follow(
        self, collection: str, selector: Mapping[str, str], version: str | None
    ) -> AsyncGenerator[JsonObject, None]:
        """The selected objects as they are, if no version is given, and each change of them."""
        while True:
            if version is None:
                listed = await self._list(collection, selector)
                for item in listed["items"]:
                    yield item
                version = listed["metadata"]["resourceVersion"]
            async with aclosing(self._changes(collection, selector, version)) as changes:
                async for event in changes:
                    if event["type"] != "DELETED":
                        yield event["object"]
            version = None

    async def _follow_list(
        self, collection: str, query: Mapping[str, Any]
    ) -> AsyncGenerator[list[JsonObject], None]:
        """A collection's items as they are, then again after each change."""
        while True:
            listed = await self._list(collection, query)
            yield listed["items"]
            version = listed["metadata"]["resourceVersion"]
            async with aclosing(self._changes(collection, query, version)) as changes:
                await anext(changes, None)

    async def _list(self, collection: str, query: Mapping[str, Any]) -> JsonObject:
        return expect(200, await self._exchange(Request("GET", collection, query=query)))

    async def _changes(
        self, collection: str, query: Mapping[str, Any], version: str
    ) -> AsyncGenerator[JsonObject, None]:
        """The events of a watch until it ends, by itself or with an ERROR (the version is too old): list again then."""
        response = await self._open(_watch_request(collection, {**query, "resourceVersion": version}))
        try:
            async for event in read_events(response):
                if event["type"] == "ERROR":
                    return
                yield event
        finally:
            response.close()

    async def _exchange(self, request: Request) -> Answer:
        response = await self._open(request)
        async with response:
            raw = await response.read()
        try:
            parsed = json.loads(raw)
        except ValueError:
            parsed = {"text": raw.decode(errors="replace")}
        return Answer(response.status, parsed, dict(response.headers))

    async def _open(self, request: Request) -> aiohttp.ClientResponse:
        serialized = await self._api.param_serialize(
            request.method,
            request.path,
            query_params=[(key, str(value)) for key, value in request.query.items()],
            header_params=request.all_headers(),
            body=request.body,
            auth_settings=["BearerToken"],
        )
        answer = await self._api.call_api(*serialized, _request_timeout=aiohttp.ClientTimeout(total=None))
        response: aiohttp.ClientResponse = answer.response
        return response


def _watch_request(path: str, query: Mapping[str, Any]) -> Request:
    return Request("GET", path, query={"watch": "true", **query})


async def _await_state(
    path: str, states: AsyncGenerator[State, None], is_wanted: Callable[[State], bool]
) -> State:
    """The first state that is wanted. Raises AssertionError with the last one when the time is over."""
    seen: State | None = None
    try:
        async with asyncio.timeout(WAIT_S), aclosing(states):
            async for seen in states:
                if is_wanted(seen):
                    return seen
    except TimeoutError:
        pass
    raise AssertionError(f"{path} was not as wanted in {WAIT_S} s; last seen: {seen}")


async def _close(response: aiohttp.ClientResponse) -> None:
    response.close()


def condition(value: JsonObject, type_: str) -> JsonObject:
    """One condition of an object's status; empty while there is none of that type."""
    conditions = value.get("status", {}).get("conditions") or []
    found: JsonObject = next((one for one in conditions if one["type"] == type_), {})
    return found


def expect(code: int, answer: Answer) -> JsonObject:
    """The body of an answer that must have this code."""
    assert answer.code == code, answer.body
    return answer.body


async def open_api(kubeconfig: Path, context: str, token: str | None = None) -> client.ApiClient:
    """kubernetes.aio's client for one context, with no process-wide state.

    Args:
        token: used instead of the file's credentials; None uses these.
    """
    configuration = client.Configuration()
    await config.load_kube_config(  # type: ignore[no-untyped-call]
        config_file=str(kubeconfig), context=context, client_configuration=configuration
    )
    if token is not None:
        configuration.cert_file = configuration.key_file = None
        configuration.api_key = {"BearerToken": f"Bearer {token}"}
    return client.ApiClient(configuration)
