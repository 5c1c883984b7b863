"""What `doctor` says of a context that cannot be used: each cause by its own code and with its own advice."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from app.config.configuration import Configuration
from app.diagnostics.advice import advise
from app.diagnostics.checks import Check, CheckState
from app.diagnostics.clusters import check_clusters
from controller.clusters.settings import FleetSettings, KubeSettings
from controller.reasons import Code
from tests.controller.clusters.certificates import encode, make_certificate, make_tls
from tests.controller.clusters.serving import ApiServer, serving, status, write_kubeconfig

IMPATIENT = FleetSettings(kube=KubeSettings(connect_timeout_s=0.5))
#: A group's address, to which no connection has a route; a name that no server ever knows.
NO_ROUTE, NO_NAME = "https://224.0.0.1:6443", "https://api.nowhere.invalid"


def look(
    directory: Path,
    server: AbstractAsyncContextManager[ApiServer] | None = None,
    url: Callable[[ApiServer], str] = lambda served: served.url,
    user: dict[str, Any] | None = None,
    **cluster: Any,
) -> Check:
    """What doctor says of the one context."""

    async def main() -> list[Check]:
        async with server or nullcontext(ApiServer()) as served:
            path = write_kubeconfig(directory, url(served), user, **cluster)
            return await check_clusters(Configuration(kubeconfig=str(path), clusters=IMPATIENT))

    return next(found for found in asyncio.run(main()) if found.name == "context eu")


def expect(found: Check, code: Code, advice: str) -> None:
    assert found.state is CheckState.BROKEN
    assert found.reason is not None
    assert found.reason.code is code, found.detail
    assert advice in found.advice


def test_an_authority_that_did_not_sign_the_server_is_told_from_all_else(tmp_path: Path) -> None:
    authority = {"certificate-authority-data": encode(make_certificate()[0])}
    found = look(tmp_path, serving(tls=make_tls(tmp_path)), **authority)
    expect(found, Code.SERVER_NOT_TRUSTED, "certificate-authority-data")


def test_a_certificate_of_another_name_is_told(tmp_path: Path) -> None:
    tls = make_tls(tmp_path)
    found = look(
        tmp_path, serving(tls=tls), lambda served: served.url.replace("127.0.0.1", "localhost"), **tls.cluster
    )
    expect(found, Code.CERTIFICATE_OF_ANOTHER, "tls-server-name")


def test_a_plugin_that_is_not_allowed_is_told_with_the_line_that_allows_it(tmp_path: Path) -> None:
    plugin = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "aws",
            "args": ["eks", "get-token"],
        }
    }
    found = look(tmp_path, url=lambda served: "https://127.0.0.1:1", user=plugin)
    expect(found, Code.PROGRAM_NOT_ALLOWED, "nothing was run")
    assert 'allowed_exec_plugins = ["aws"]' in found.detail


@pytest.mark.parametrize(
    ("answer", "code", "advice"),
    [
        (status(401, "Unauthorized"), Code.CREDENTIALS_REFUSED, "log in again"),
        (status(403, "forbidden"), Code.LIST_DENIED, "packaging/rbac/observer.yaml"),
    ],
    ids=["credentials", "rights"],
)
def test_credentials_and_rights_that_are_missing_are_two_things(
    tmp_path: Path, answer: Any, code: Code, advice: str
) -> None:
    message = answer.text
    expect(look(tmp_path, serving(lambda request: status(answer.status, message))), code, advice)


@pytest.mark.parametrize(
    ("url", "code", "advice"),
    [
        (NO_ROUTE, Code.NO_ROUTE, "VPN"),
        (NO_NAME, Code.SERVER_NAME_UNKNOWN, "correct `server`"),
        ("https://127.0.0.1:1", Code.CONNECTION_FAILED, "address or port"),
    ],
    ids=["route", "name", "refused"],
)
def test_a_server_out_of_reach_is_told_by_where_the_way_ends(
    tmp_path: Path, url: str, code: Code, advice: str
) -> None:
    expect(look(tmp_path, url=lambda served: url), code, advice)


@pytest.mark.skipif(sys.platform != "linux", reason="others answer calls that nobody takes")
def test_calls_that_vanish_as_at_a_firewall_are_a_missing_route(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as server,
        socket.create_connection(server.getsockname()),
    ):
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        expect(look(tmp_path, url=lambda served: url), Code.NO_ROUTE, "firewall")


def test_a_server_that_is_none_is_told(tmp_path: Path) -> None:
    found = look(tmp_path, serving(), lambda served: served.url.replace("http://", "https://"))
    assert found.reason is not None
    assert found.reason.code in (Code.CONNECTION_FAILED, Code.CONNECTION_BROKE)


def test_each_of_these_advices_is_another() -> None:
    codes = (
        Code.SERVER_NOT_TRUSTED,
        Code.CERTIFICATE_OF_ANOTHER,
        Code.CERTIFICATE_OUT_OF_DATE,
        Code.PROGRAM_NOT_ALLOWED,
        Code.CREDENTIALS_REFUSED,
        Code.LIST_DENIED,
        Code.NODES_DENIED,
        Code.NO_ROUTE,
        Code.SERVER_NAME_UNKNOWN,
        Code.CONNECTION_FAILED,
        Code.ANSWER_TIMED_OUT,
    )
    assert len({advise(code) for code in codes}) == len(codes)
