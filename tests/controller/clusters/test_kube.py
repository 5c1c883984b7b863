"""The adapter speaks the API's own JSON, guards writes, and lets no foreign error through."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from controller.clusters import paths
from controller.clusters.kube import KubeClient
from controller.clusters.kube_api import PatchType
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.clusters.paths import ACCESS_REVIEWS
from controller.clusters.settings import KubeSettings
from controller.clusters.user_agent import MIGRATION, VERSION
from controller.errors import (
    AccessDenied,
    ClusterUnreachable,
    ControllerError,
    NotArmed,
    ObjectNotFound,
    ResourceExpired,
    ServerFailed,
    VersionConflict,
)
from controller.reasons import Code
from tests.controller.clusters.certificates import make_tls
from tests.controller.clusters.clients import Switch, make_client
from tests.controller.clusters.serving import ApiServer, Served, Stream, serving, status, write_kubeconfig
from tests.controller.refusals import refuses

PATH = "/api/v1/namespaces/shop/pods/p"
V1 = "client.authentication.k8s.io/v1"
Test = Callable[[KubeClient, ApiServer], Awaitable[None]]


def against_server(
    tmp_path: Path,
    test: Test,
    answer: Callable[[Served], Any] | None = None,
    armed: bool = True,
    user: dict[str, Any] | None = None,
    licence: Switch | None = None,
    **settings: Any,
) -> None:
    tls = make_tls(tmp_path) if user is not None else None

    async def main() -> None:
        async with serving(answer, tls) as server:
            path = write_kubeconfig(tmp_path, server.url, user, **(tls.cluster if tls is not None else {}))
            client = make_client(
                path, "eu", settings=KubeSettings(**settings), licence=licence or Switch(armed)
            )
            try:
                await test(client, server)
            finally:
                await client.close()

    asyncio.run(main())


def raising(
    tmp_path: Path, error: type[ControllerError], answer: Callable[[Served], Any], **settings: Any
) -> ControllerError:
    """The error that a GET raises when the server answers like this."""
    caught: list[ControllerError] = []

    async def test(client: KubeClient, server: ApiServer) -> None:
        with pytest.raises(error) as info:
            await client.get(PATH)
        caught.append(info.value)

    against_server(tmp_path, test, answer, **settings)
    return caught[0]


def test_a_request_goes_below_the_servers_prefix_with_token_and_name(tmp_path: Path) -> None:
    async def test(client: KubeClient, server: ApiServer) -> None:
        assert await client.get(PATH, params={"labelSelector": "app in (a,b)"}) == {"kind": "Answer"}
        request = server.requests[0]
        assert request.path == f"/clusters/eu{PATH}"
        assert request.query == {"labelSelector": "app in (a,b)"}
        assert request.headers["authorization"] == "Bearer secret"
        assert request.headers["user-agent"] == f"sentinelaura/{VERSION}"
        MIGRATION.set("m-1")
        await client.get("/api/v1/pods")
        assert server.requests[-1].headers["user-agent"] == f"sentinelaura/{VERSION} (migration m-1)"

    against_server(tmp_path, test, user={"token": "secret"})


def test_writes_carry_their_type_and_options(tmp_path: Path) -> None:
    async def test(client: KubeClient, server: ApiServer) -> None:
        operations = [{"op": "test", "path": "/a", "value": 1}]
        await client.patch(PATH, operations, PatchType.JSON)
        await client.patch(PATH, {"a": 1}, PatchType.MERGE, dry_run=True)
        await client.apply(PATH, {"a": 1}, "sentinelaura")
        await client.apply(PATH, {"a": 1}, "argocd", dry_run=True)
        await client.create(PATH, {"kind": "Pod"})
        await client.replace(PATH, {"kind": "Pod"})
        await client.delete(PATH, uid="u", resource_version="7")
        sent = [(r.method, r.headers["content-type"], r.query, r.body) for r in server.requests]
        json_type = "application/json"
        options = {"apiVersion": "v1", "kind": "DeleteOptions"}
        assert sent == [
            ("PATCH", "application/json-patch+json", {}, operations),
            ("PATCH", "application/merge-patch+json", {"dryRun": "All"}, {"a": 1}),
            ("PATCH", "application/apply-patch+yaml", {"fieldManager": "sentinelaura", "force": "false"}, {"a": 1}),
            (
                "PATCH", "application/apply-patch+yaml",
                {"fieldManager": "argocd", "force": "false", "dryRun": "All"}, {"a": 1},
            ),
            ("POST", json_type, {}, {"kind": "Pod"}),
            ("PUT", json_type, {}, {"kind": "Pod"}),
            ("DELETE", json_type, {}, {**options, "preconditions": {"uid": "u", "resourceVersion": "7"}}),
        ]  # fmt: skip

    against_server(tmp_path, test)


def test_of_a_secret_only_its_name_is_asked_for(tmp_path: Path) -> None:
    async def test(client: KubeClient, server: ApiServer) -> None:
        await client.get("/api/v1/namespaces/shop/secrets/db")
        await client.get(PATH)
        asked = [request.headers["accept"] for request in server.requests]
        assert asked == ["application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "application/json"]

    against_server(tmp_path, test)


def test_the_servers_clock_is_the_date_of_its_answer(tmp_path: Path) -> None:
    async def test(client: KubeClient, server: ApiServer) -> None:
        assert await client.read_server_time() == 784111777.0

    date = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}
    against_server(tmp_path, test, lambda request: web.json_response({}, headers=date), armed=False)


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_an_answer_without_a_date_tells_no_time(tmp_path: Path, date: str) -> None:
    async def test(client: KubeClient, server: ApiServer) -> None:
        with refuses(ServerFailed, Code.ANSWER_NOT_UNDERSTOOD, problem="no date"):
            await client.read_server_time()

    against_server(tmp_path, test, lambda request: web.json_response({}, headers={"Date": date}))


class TestGuard:
    """While a context is only observed, nothing that could change it leaves the process."""

    @pytest.mark.parametrize(
        "write",
        [
            lambda client: client.create(PATH, {}),
            lambda client: client.replace(PATH, {}),
            lambda client: client.patch(PATH, [], PatchType.JSON),
            lambda client: client.delete(PATH),
            lambda client: client.create(ACCESS_REVIEWS + "/../pods", {}),
        ],
        ids=["create", "replace", "patch", "delete", "disguised"],
    )
    def test_writes_are_not_sent(self, tmp_path: Path, write: Callable[[KubeClient], Awaitable[Any]]) -> None:
        async def test(client: KubeClient, server: ApiServer) -> None:
            with pytest.raises(NotArmed) as refused:
                await write(client)
            assert refused.value.reason == Code.NOT_ARMED.because(contexts=("eu",))
            assert server.requests == []

        against_server(tmp_path, test, armed=False)

    def test_reads_dry_runs_and_access_reviews_are(self, tmp_path: Path) -> None:
        async def test(client: KubeClient, server: ApiServer) -> None:
            await client.get(PATH)
            await client.patch(PATH, [], PatchType.JSON, dry_run=True)
            await client.create(ACCESS_REVIEWS, {})
            assert len(server.requests) == 3
            assert server.requests[1].query == {"dryRun": "All"}

        against_server(tmp_path, test, armed=False)

    def test_disarming_takes_effect_at_once(self, tmp_path: Path) -> None:
        armed = Switch()

        async def test(client: KubeClient, server: ApiServer) -> None:
            await client.delete(PATH)
            armed.is_on = False
            with pytest.raises(NotArmed):
                await client.delete(PATH)

        against_server(tmp_path, test, licence=armed)


class TestErrors:
    """Whatever happens, the caller sees our errors, with the context and the request."""

    def test_a_status_becomes_its_error(self, tmp_path: Path) -> None:
        error = raising(tmp_path, ObjectNotFound, lambda request: status(404, "no such pod"))
        assert error.reason == Code.OBJECT_NOT_FOUND.because(context="eu", answer="no such pod")
        assert error.request == f"GET {PATH}"

    def test_a_failed_test_operation_is_a_conflict(self, tmp_path: Path) -> None:
        async def test(client: KubeClient, server: ApiServer) -> None:
            with pytest.raises(VersionConflict):
                await client.patch(PATH, [], PatchType.JSON)

        against_server(tmp_path, test, lambda request: status(422))

    @pytest.mark.parametrize(
        ("answer", "code", "parameter", "told"),
        [
            (
                lambda request: web.Response(text="<html>", status=200),
                Code.ANSWER_NOT_UNDERSTOOD,
                "problem",
                "not JSON",
            ),
            (lambda request: web.Response(text="[" * 990), Code.ANSWER_NOT_UNDERSTOOD, "problem", "not JSON"),
            (
                lambda request: web.Response(text='{"a":' * 150 + "1" + "}" * 150),
                Code.ANSWER_NOT_UNDERSTOOD,
                "problem",
                "nested too deeply",
            ),
            (
                lambda request: web.json_response({"spec": 7}),
                Code.ANSWER_NOT_UNDERSTOOD,
                "problem",
                "not as Kubernetes has it",
            ),
            (lambda request: web.json_response([1]), Code.ANSWER_NOT_UNDERSTOOD, "problem", "not an object"),
            (
                lambda request: web.Response(text="<html>bad gateway", status=502),
                Code.SERVER_FAILED,
                "answer",
                "502",
            ),
            (lambda request: web.Response(body=b"x" * 5000), Code.ANSWER_TOO_LARGE, "limit", "1000"),
        ],
        ids=["html", "brackets", "nested", "misshapen", "list", "proxy error", "too large"],
    )
    def test_an_answer_that_makes_no_sense_leaves_the_outcome_unknown(
        self, tmp_path: Path, answer: Callable[[Served], Any], code: Code, parameter: str, told: str
    ) -> None:
        reason = raising(tmp_path, ServerFailed, answer, max_answer_bytes=1000).reason
        assert reason.code is code
        assert told in str(reason[parameter])

    def test_a_404_of_somebody_else_does_not_say_that_an_object_is_gone(self, tmp_path: Path) -> None:
        """A proxy writes it, and a server that starts: what is there in a minute would be taken for deleted."""

        def answer(request: Served) -> web.Response:
            return web.Response(text="404 page not found", status=404)

        async def test(client: KubeClient, server: ApiServer) -> None:
            problem = Code.ANSWER_NOT_FOUND_BY_OTHERS
            with refuses(ServerFailed, Code.ANSWER_NOT_UNDERSTOOD, problem=problem):
                await client.get(paths.deployment("shop", "checkout"))
            with pytest.raises(ObjectNotFound):  # a group that it does not serve
                await client.get(paths.collection("horizontalpodautoscalers"))

        against_server(tmp_path, test, answer)

    def test_a_silent_server_is_unreachable(self, tmp_path: Path) -> None:
        async def hang(request: Served) -> None:
            await asyncio.Event().wait()

        error = raising(tmp_path, ClusterUnreachable, hang, request_timeout_s=0.05)
        assert error.reason.code is Code.ANSWER_TIMED_OUT

    def test_a_cut_connection_is_unreachable(self, tmp_path: Path) -> None:
        error = raising(tmp_path, ClusterUnreachable, lambda request: Stream((b'{"a"',), breaks=True))
        assert error.reason.code is Code.CONNECTION_BROKE

    def test_a_redirect_is_not_followed(self, tmp_path: Path) -> None:
        def redirect(request: Served) -> web.Response:
            assert "elsewhere" not in request.path, "the redirect was followed"
            return web.Response(status=307, headers={"Location": "/elsewhere"})

        reason = raising(tmp_path, ClusterUnreachable, redirect).reason
        assert reason.code is Code.CONNECTION_BROKE
        assert "redirect" in str(reason["error"])

    def test_a_refused_connection_is_unreachable(self, tmp_path: Path) -> None:
        async def main() -> None:
            async with serving() as server:
                path = write_kubeconfig(tmp_path, server.url)
            client = make_client(path, "eu")
            with pytest.raises(ClusterUnreachable) as lost:
                await client.get(PATH)
            assert lost.value.reason.code is Code.CONNECTION_FAILED
            assert lost.value.reason["server"] == server.url
            await client.close()

        asyncio.run(main())

    def test_a_closed_client_sends_nothing(self, tmp_path: Path) -> None:
        async def test(client: KubeClient, server: ApiServer) -> None:
            await client.get(PATH)
            await client.close()
            with refuses(ClusterUnreachable, Code.CONNECTION_CLOSED):
                await client.get(PATH)
            assert len(server.requests) == 1

        against_server(tmp_path, test)

    def test_nothing_is_sent_twice(self, tmp_path: Path) -> None:
        async def test(client: KubeClient, server: ApiServer) -> None:
            for send in (client.get(PATH), client.delete(PATH), client.replace(PATH, {})):
                with pytest.raises(ServerFailed):
                    await send
            assert len(server.requests) == 3

        against_server(tmp_path, test, lambda request: status(503))

    def test_a_static_token_that_is_refused_is_not_tried_again(self, tmp_path: Path) -> None:
        async def test(client: KubeClient, server: ApiServer) -> None:
            with refuses(AccessDenied, Code.CREDENTIALS_REFUSED):
                await client.get(PATH)
            assert len(server.requests) == 1

        against_server(tmp_path, test, lambda request: status(401))


class TestWatch:
    """A watch yields raw events and ends in one of four ways."""

    def collect(
        self, tmp_path: Path, stream: Any, error: type[Exception] | None = None, **settings: Any
    ) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []

        async def test(client: KubeClient, server: ApiServer) -> None:
            async with aclosing(client.watch("/api/v1/pods", resource_version="5")) as watch:
                if error is None:
                    events.extend([event async for event in watch])
                else:
                    with pytest.raises(error):
                        events.extend([event async for event in watch])
            query = server.requests[0].query
            assert (query["watch"], query["resourceVersion"], query["allowWatchBookmarks"]) == (
                "true",
                "5",
                "true",
            )

        against_server(tmp_path, test, lambda request: stream, **settings)
        return events

    def test_events_are_cut_at_line_ends_wherever_the_bytes_are_cut(self, tmp_path: Path) -> None:
        stream = Stream((b'{"type":"ADDED"}\n{"type":"BOOK', b'MARK"}\n\n{"type":"DEL', b'ETED"}\n'))
        assert [e["type"] for e in self.collect(tmp_path, stream)] == ["ADDED", "BOOKMARK", "DELETED"]

    def test_a_large_event_arrives_whole(self, tmp_path: Path) -> None:
        event = {"type": "ADDED", "object": {"data": "x" * 3_000_000}}
        assert self.collect(tmp_path, Stream((json.dumps(event).encode() + b"\n",))) == [event]

    def test_an_expired_version_in_the_stream(self, tmp_path: Path) -> None:
        line = b'{"type":"ERROR","object":{"code":410,"message":"too old"}}\n'
        self.collect(tmp_path, Stream((line,)), ResourceExpired)

    def test_an_expired_version_as_the_answer(self, tmp_path: Path) -> None:
        self.collect(tmp_path, status(410), ResourceExpired)

    def test_silence_is_a_broken_stream(self, tmp_path: Path) -> None:
        stream = Stream((b'{"type":"ADDED"}\n',), hangs=True)
        self.collect(tmp_path, stream, ClusterUnreachable, watch_timeout_s=0, watch_slack_s=0.05)

    def test_a_cut_stream(self, tmp_path: Path) -> None:
        self.collect(tmp_path, Stream((b'{"type":"ADDED"}\n',), breaks=True), ClusterUnreachable)

    def test_nonsense_in_the_stream(self, tmp_path: Path) -> None:
        self.collect(tmp_path, Stream((b"<html>\n",)), ServerFailed)


class TestKubeconfig:
    """What is wrong with a kubeconfig is said before anything is sent."""

    @pytest.mark.parametrize(
        ("user", "cluster", "code", "told"),
        [
            (
                {"exec": {"command": "/bin/true", "apiVersion": V1}},
                {},
                Code.PROGRAM_NOT_ALLOWED,
                {"program": "/bin/true"},
            ),
            ({"tokenFile": "nowhere"}, {}, Code.TOKEN_FILE_NOT_ALLOWED, {"file": "nowhere"}),
            (
                {"token": "t"},
                {"certificate-authority-data": "bm8gY2VydGlmaWNhdGU="},
                Code.AUTHORITY_EMPTY,
                {},
            ),
            (
                {"token": "t"},
                {"certificate-authority-data": "%%%"},
                Code.CONTEXT_REFUSED,
                {"problem": KubeconfigCode.FIELD_NO_BASE64},
            ),
            (
                {"client-certificate-data": "bm8=", "client-key-data": "bm8="},
                {},
                Code.CERTIFICATES_UNUSABLE,
                {},
            ),
        ],
        ids=["plugin", "token file", "authority", "no base64", "client certificate"],
    )
    def test_unusable_credentials_are_named(
        self, tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], code: Code, told: dict[str, str]
    ) -> None:
        path = write_kubeconfig(tmp_path, "https://127.0.0.1:1", user, **cluster)
        with refuses(AccessDenied, code, **told):
            asyncio.run(make_client(path, "eu").get(PATH))

    def test_a_context_without_a_user_sends_no_token(self, tmp_path: Path) -> None:
        async def main() -> None:
            async with serving() as server:
                client = make_client(write_kubeconfig(tmp_path, server.url, {}), "eu")
                await client.get(PATH)
                await client.close()
                assert "authorization" not in server.requests[0].headers

        asyncio.run(main())

    def test_a_proxy_of_the_environment_is_not_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

        async def test(client: KubeClient, server: ApiServer) -> None:
            await client.get(PATH)

        against_server(tmp_path, test)
