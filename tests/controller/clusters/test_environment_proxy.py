"""The proxy of the environment is used where it is asked for, and brings nothing else of the environment with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.clusters.environment_proxy import find_environment_proxy
from controller.clusters.settings import KubeSettings
from controller.errors import ClusterUnreachable, ContextRefused
from controller.reasons import Code
from tests.controller.clusters.certificates import make_tls
from tests.controller.clusters.clients import make_client
from tests.controller.clusters.serving import serving, write_kubeconfig
from tests.controller.refusals import refuses

PATH = "/api/v1/nodes"
WITH_PROXY = KubeSettings(use_environment_proxy=True)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One that names no proxy; a test adds to it."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize("is_encrypted", [True, False], ids=["https", "http"])
def test_no_password_of_a_persons_netrc_goes_to_a_server(
    tmp_path: Path, environment: pytest.MonkeyPatch, is_encrypted: bool
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password secret\n")
    netrc.chmod(0o600)
    environment.setenv("NETRC", str(netrc))

    async def main() -> None:
        async with serving(tls=make_tls(tmp_path) if is_encrypted else None) as server:
            authority = {} if server.tls is None else server.tls.cluster
            path = write_kubeconfig(tmp_path, server.url, None, **authority)
            client = make_client(path, "eu", settings=WITH_PROXY)
            await client.get(PATH)
            await client.close()
            assert "authorization" not in server.requests[0].headers

    asyncio.run(main())


@pytest.mark.parametrize("is_asked_for", [True, False], ids=["asked for", "not asked for"])
def test_the_proxy_of_the_environment_counts_only_where_it_is_asked_for(
    tmp_path: Path, environment: pytest.MonkeyPatch, is_asked_for: bool
) -> None:
    async def main() -> None:
        async with serving() as proxy, serving() as server:
            environment.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
            settings = KubeSettings(use_environment_proxy=is_asked_for)
            client = make_client(write_kubeconfig(tmp_path, server.url, None), "eu", settings=settings)
            await client.get(PATH)
            await client.close()
            assert [len(proxy.requests), len(server.requests)] == ([1, 0] if is_asked_for else [0, 1])

    asyncio.run(main())


def test_a_proxy_gets_its_password_and_no_message_shows_it(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        writer.close()

    async def main() -> None:
        proxy = await asyncio.start_server(refuse, "127.0.0.1", 0)
        async with proxy:
            port = proxy.sockets[0].getsockname()[1]
            environment.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{port}")
            path = write_kubeconfig(tmp_path, "https://kube.invalid", None)
            client = make_client(path, "eu", settings=WITH_PROXY)
            with refuses(ClusterUnreachable, Code.PROXY_REFUSED, status=407) as refused:
                await client.get(PATH)
            await client.close()
        assert b"Proxy-Authorization: Basic bWU6c2VjcmV0" in asked[0]
        assert "secret" not in str(refused.value)

    asyncio.run(main())


def test_a_proxy_without_a_scheme_is_one_of_http(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "proxy.example:3128")
    assert find_environment_proxy("eu", "https://kube.example") == "http://proxy.example:3128"


@pytest.mark.parametrize("exception", ["kube.example", "kube.example:6443", ".example", "*"])
def test_a_server_that_the_environment_excepts_is_reached_without(
    environment: pytest.MonkeyPatch, exception: str
) -> None:
    environment.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    environment.setenv("NO_PROXY", exception)
    assert find_environment_proxy("eu", "https://kube.example:6443/k8s/c-1") is None


@pytest.mark.parametrize(
    "proxy", ["socks5://proxy.example:1080", "https://proxy.example", "http://", "http://p:x"]
)
def test_a_proxy_that_is_not_supported_is_not_gone_past(environment: pytest.MonkeyPatch, proxy: str) -> None:
    environment.setenv("HTTPS_PROXY", proxy)
    with refuses(ContextRefused, Code.ENVIRONMENT_PROXY_UNSUPPORTED, context="eu"):
        find_environment_proxy("eu", "https://kube.example")
