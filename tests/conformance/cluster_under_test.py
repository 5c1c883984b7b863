"""One cluster of either backend, as the conformance tests see it: blocking requests and watches, raw JSON.

Speaks through kubernetes.aio's ApiClient, the library under the controller's own adapter, on a loop that runs only
while a test waits. No test sleeps: what needs time is awaited by watching for it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes.aio import client, config

JsonObject = dict[str, Any]

WAIT_S = 60.0
"""For something that a control loop will do; a real one may be busy, and an autoscaler looks every 15 s."""
MEDIA_TYPES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
"""Short name of a patch → its Content-Type."""


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
        namespace: exists, may be filled freely, is not cleaned up (both backends end with the session).
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
        sent = {
            "Accept": "application/json",
            "Content-Type": MEDIA_TYPES[patch] if patch else "application/json",
        }
        return self._runner.run(self._exchange(method, path, body, {**sent, **(headers or {})}, query))

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
        headers = {"Accept": "application/json"}
        response = self._runner.run(self._open("GET", path, None, headers, {"watch": "true", **query}))
        assert response.status == 200
        try:
            yield Watch(self._runner, response)
        finally:
            self._runner.run(_close(response))

    def eventually(self, path: str, is_wanted: Callable[[JsonObject], bool]) -> JsonObject:
        """The object once `is_wanted` says so; it may have to come into being first."""
        collection, _, name = path.rpartition("/")
        return self._runner.run(self._await_object(collection, name, is_wanted))

    async def _await_object(
        self, collection: str, name: str, is_wanted: Callable[[JsonObject], bool]
    ) -> JsonObject:
        seen: JsonObject = {}
        try:
            async with asyncio.timeout(WAIT_S):
                async for seen in self._follow(collection, name):
                    if is_wanted(seen):
                        return seen
        except TimeoutError:
            pass
        raise AssertionError(f"{collection}/{name} was not as wanted in {WAIT_S} s; last seen: {seen}")

    async def _follow(self, collection: str, name: str) -> AsyncIterator[JsonObject]:
        """One object as it is, then each change of it."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        selector = {"fieldSelector": f"metadata.name={name}"}
        listed = (await self._exchange("GET", collection, None, headers, selector)).body
        for item in listed["items"]:
            yield item
        query = {**selector, "watch": "true", "resourceVersion": listed["metadata"]["resourceVersion"]}
        response = await self._open("GET", collection, None, headers, query)
        try:
            async for event in read_events(response):
                if event["type"] != "DELETED":
                    yield event["object"]
        finally:
            response.close()

    def eventually_listed(
        self, path: str, is_wanted: Callable[[list[JsonObject]], bool], **query: Any
    ) -> list[JsonObject]:
        """The items of a collection once `is_wanted` says so; looks again after each change of it."""
        while True:
            listed = self.get(path, **query)
            items: list[JsonObject] = listed["items"]
            if is_wanted(items):
                return items
            with self.watch(path, resourceVersion=listed["metadata"]["resourceVersion"], **query) as watch:
                watch.next()

    async def _exchange(
        self, method: str, path: str, body: Any, headers: Mapping[str, str], query: Mapping[str, Any]
    ) -> Answer:
        response = await self._open(method, path, body, headers, query)
        async with response:
            raw = await response.read()
        try:
            parsed = json.loads(raw)
        except ValueError:
            parsed = {"text": raw.decode(errors="replace")}
        return Answer(response.status, parsed, dict(response.headers))

    async def _open(
        self, method: str, path: str, body: Any, headers: Mapping[str, str], query: Mapping[str, Any]
    ) -> aiohttp.ClientResponse:
        params = [(key, str(value)) for key, value in query.items()]
        serialized = await self._api.param_serialize(
            method,
            path,
            query_params=params,
            header_params=dict(headers),
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = await self._api.call_api(*serialized, _request_timeout=aiohttp.ClientTimeout(total=None))
        response: aiohttp.ClientResponse = answer.response
        return response


async def _close(response: aiohttp.ClientResponse) -> None:
    response.close()


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
