"""Credentials over time: TLS from memory, renewal before and after expiry, nothing left on disk."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from controller.clusters import paths
from controller.clusters.kube import KubeClient
from controller.clusters.kube_connection import LOOK_INTERVAL_S, MIN_RENEWAL_INTERVAL_S, KubeConnection
from controller.clusters.kubeconfig import KubeconfigContext, read_kubeconfig
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.clusters.kubeconfig_source import KubeconfigSource
from controller.clusters.settings import KubeSettings
from controller.errors import AccessDenied, ClusterUnreachable, NotArmed
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.clusters.certificates import encode, make_certificate, make_tls
from tests.controller.clusters.clients import Switch, make_client, sending_anywhere
from tests.controller.clusters.serving import ApiServer, Served, serving, status, write_kubeconfig
from tests.controller.refusals import refuses

PATH = "/api/v1/nodes"
UID = "uid-eu"


def test_client_keys_are_used_and_never_stay_on_disk(tmp_path: Path) -> None:
    certificate, key = make_certificate()
    tls = make_tls(tmp_path, trusted=certificate)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    user = {"client-certificate-data": encode(certificate), "client-key-data": encode(key)}

    async def main() -> None:
        async with serving(tls=tls) as server:
            path = write_kubeconfig(tmp_path, server.url, user, **tls.cluster)
            settings = KubeSettings(runtime_directory=str(runtime))
            client = make_client(path, "eu", settings=settings)
            await client.get(PATH)
            assert list(runtime.iterdir()) == []
            await client.close()
            assert len(server.requests) == 1

    asyncio.run(main())


def test_an_unknown_authority_is_not_trusted(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(tls=make_tls(tmp_path)) as server:
            client = make_client(write_kubeconfig(tmp_path, server.url), "eu")
            with refuses(ClusterUnreachable, Code.SERVER_NOT_TRUSTED):
                await client.get(PATH)
            await client.close()
            assert server.requests == []

    asyncio.run(main())


def test_a_certificate_may_be_for_another_name_that_the_kubeconfig_gives(tmp_path: Path) -> None:
    tls = make_tls(tmp_path)

    async def main() -> None:
        async with serving(tls=tls) as server:
            url = server.url.replace("127.0.0.1", "localhost")
            wrong = make_client(write_kubeconfig(tmp_path, url, **tls.cluster), "eu")
            with refuses(ClusterUnreachable, Code.CERTIFICATE_OF_ANOTHER):
                await wrong.get(PATH)
            await wrong.close()
            named = {**tls.cluster, "tls-server-name": "kube.example"}
            right = make_client(write_kubeconfig(tmp_path, url, **named), "eu")
            await right.get(PATH)
            await right.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("server", "warned"),
    [
        ("http://127.0.0.1:1", False),
        ("http://localhost:1", False),
        ("http://api.example", True),
        ("http://127.evil.example:1", True),
    ],
)
def test_only_an_open_connection_over_a_network_is_warned_of(
    tmp_path: Path, server: str, warned: bool
) -> None:
    async def main() -> None:
        context = read_kubeconfig([write_kubeconfig(tmp_path, server)]).contexts["eu"]
        connection = KubeConnection(context, KubeSettings())
        await connection.load()
        assert (KubeconfigCode.NOT_ENCRYPTED.because() in connection.warnings) is warned
        await connection.close()

    asyncio.run(main())


class Plugin:
    """A credential plugin that hands out t1, t2, ...; the number of its runs is kept in a file."""

    def __init__(self, directory: Path, expires: str = "") -> None:
        self._file = directory / "runs"
        self._file.write_text("0")
        expiry = f', "expirationTimestamp": "{expires}"' if expires else ""
        self._code = (
            f"import pathlib; f = pathlib.Path({str(self._file)!r}); n = int(f.read_text()) + 1;"
            f'f.write_text(str(n)); print(\'{{"status": {{"token": "t%d"{expiry}}}}}\' % n)'
        )

    @property
    def user(self) -> dict[str, Any]:
        version = "client.authentication.k8s.io/v1"
        return {"exec": {"apiVersion": version, "command": sys.executable, "args": ["-c", self._code]}}

    @property
    def runs(self) -> int:
        return int(self._file.read_text())


SETTINGS = KubeSettings(allowed_exec_plugins=frozenset({"*"}))


def read_context(tmp_path: Path, server: ApiServer, user: dict[str, Any]) -> KubeconfigContext:
    assert server.tls is not None
    return read_kubeconfig([write_kubeconfig(tmp_path, server.url, user, **server.tls.cluster)]).contexts[
        "eu"
    ]


def only(token: str) -> Any:
    """Accepts one token."""
    return lambda request: {} if request.headers["authorization"] == f"Bearer {token}" else status(401)


def test_a_refused_token_is_renewed_once_for_all_who_wait(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path)

    async def main() -> None:
        async with serving(only("t2"), make_tls(tmp_path)) as server:
            client = KubeClient(read_context(tmp_path, server, plugin.user), SETTINGS)
            await asyncio.gather(*(client.get(PATH) for _ in range(5)))
            await client.close()
            assert plugin.runs == 2

    asyncio.run(main())


def test_a_token_that_stays_refused_runs_no_plugin_again_and_again(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path)
    now = [0.0]

    async def main() -> None:
        async with serving(only("never"), make_tls(tmp_path)) as server:
            context = read_context(tmp_path, server, plugin.user)
            connection = KubeConnection(context, SETTINGS, counting=lambda: now[0])
            client = KubeClient(context, SETTINGS, connection=connection)
            for _ in range(4):
                with pytest.raises(AccessDenied):
                    await client.get(PATH)
            assert plugin.runs == 2
            now[0] += MIN_RENEWAL_INTERVAL_S
            with pytest.raises(AccessDenied):
                await client.get(PATH)
            assert plugin.runs == 3
            await client.close()

    asyncio.run(main())


def test_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    expiry = datetime(2030, 1, 1, tzinfo=UTC)
    plugin = Plugin(tmp_path, expiry.isoformat())
    now = [expiry.timestamp() - 3600]
    seen: list[str] = []

    def remember(request: Served) -> dict[str, Any]:
        seen.append(request.headers["authorization"])
        return {}

    async def main() -> None:
        async with serving(remember, make_tls(tmp_path)) as server:
            context = read_context(tmp_path, server, plugin.user)
            connection = KubeConnection(context, SETTINGS, wall_clock=lambda: now[0])
            client = KubeClient(context, SETTINGS, connection=connection)
            await client.get(PATH)
            now[0] = expiry.timestamp() - 30
            await client.get(PATH)
            await client.close()

    asyncio.run(main())
    assert seen == ["Bearer t1", "Bearer t2"]


def test_a_write_whose_credential_came_too_late_is_not_sent(tmp_path: Path) -> None:
    """What it rests on, a price and a Lease, was looked at before the program for the credential took its time."""
    now = [0.0]

    def refuse_slowly(request: Served) -> Any:
        now[0] += SETTINGS.request_timeout_s
        return status(401)

    async def main() -> None:
        async with serving(refuse_slowly, make_tls(tmp_path)) as server:
            context = read_context(tmp_path, server, Plugin(tmp_path).user)
            connection = KubeConnection(context, SETTINGS, counting=lambda: now[0])
            client = KubeClient(context, SETTINGS, connection=connection, licence=Switch())
            with refuses(ClusterUnreachable, Code.WRITE_TOO_LATE):
                await client.delete(PATH)
            assert len(server.requests) == 1
            await client.close()

    asyncio.run(main())


def test_a_write_that_waits_for_its_credential_is_not_sent_once_disarmed(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(tls=make_tls(tmp_path)) as server:
            armed = Switch()
            client = KubeClient(
                read_context(tmp_path, server, Plugin(tmp_path).user), SETTINGS, licence=armed
            )
            write = asyncio.create_task(client.delete(PATH))
            await asyncio.wait([write], timeout=0)
            armed.is_on = False
            with pytest.raises(NotArmed):
                await write
            await client.close()
            assert server.requests == []

    asyncio.run(main())


def test_a_token_file_is_read_again_when_its_token_was_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("t1")

    async def main() -> None:
        async with serving(only("t2"), make_tls(tmp_path)) as server:
            context = read_context(tmp_path, server, {"tokenFile": str(file)})
            connection = KubeConnection(context, sending_anywhere(token_file=file))
            await connection.load()
            file.write_text("t2")
            client = KubeClient(context, connection=connection)
            await client.get(PATH)
            await client.close()

    asyncio.run(main())


def test_credentials_that_cannot_be_loaded_are_a_denial_for_a_request(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path, "https://127.0.0.1:1", Plugin(tmp_path).user)
    context = read_kubeconfig([path]).contexts["eu"]

    async def main() -> None:
        client = KubeClient(context)
        with refuses(AccessDenied, Code.PROGRAM_NOT_ALLOWED):
            await client.get(PATH)

    asyncio.run(main())


def test_a_plugin_that_is_not_installed_is_told_with_its_hint(tmp_path: Path) -> None:
    """What EKS and GKE write has one."""
    version = "client.authentication.k8s.io/v1"
    plugin = {"apiVersion": version, "command": "/nowhere/login", "installHint": "get it from your cloud"}
    path = write_kubeconfig(tmp_path, "https://127.0.0.1:1", {"exec": plugin})
    settings = sending_anywhere(plugin=Path("/nowhere/login"))

    async def main() -> None:
        client = KubeClient(read_kubeconfig([path]).contexts["eu"], settings)
        with refuses(AccessDenied, Code.PROGRAM_MISSING_WITH_HINT, hint="get it from your cloud"):
            await client.get(PATH)

    asyncio.run(main())


class Rewritten:
    """A connection to a context whose file is rewritten while it is used; `later` moves the clock on."""

    def __init__(self, tmp_path: Path, server: ApiServer, **settings: Any) -> None:
        self.tmp_path, self.server, self._now = tmp_path, server, 0.0
        self.context = read_context(tmp_path, server, {"token": "t1"})
        source = KubeconfigSource(read_kubeconfig([self.context.path]))
        chosen = KubeSettings(**settings)
        connection = KubeConnection(
            self.context, chosen, reread=lambda: source.find("eu"), counting=lambda: self._now
        )
        self.connection = connection
        self.client = KubeClient(self.context, chosen, connection=connection, licence=self._license)

    def _license(self, namespace: str | None, cluster_uid: str | None) -> Reason | None:
        """The cluster whose UID is that of the server's answers may be changed."""
        return None if cluster_uid == UID else Code.NOT_ARMED.because(contexts=("eu",))

    def rewrite(self, user: dict[str, Any], path: str = "", **cluster: Any) -> None:
        assert self.server.tls is not None
        self.context.path.unlink()
        write_kubeconfig(
            self.tmp_path, self.server.url + path, user, **{**self.server.tls.cluster, **cluster}
        )

    def later(self) -> None:
        self._now += LOOK_INTERVAL_S

    def sent(self) -> list[str]:
        """The credentials that came with the requests."""
        return [request.headers["authorization"] for request in self.server.requests]


def rewriting(
    tmp_path: Path, test: Callable[[Rewritten], Awaitable[None]], answer: Any = None, **settings: Any
) -> None:
    async def main() -> None:
        async with serving(answer, make_tls(tmp_path)) as server:
            world = Rewritten(tmp_path, server, **settings)
            try:
                await test(world)
            finally:
                await world.client.close()

    asyncio.run(main())


def test_a_new_login_counts_at_once_after_a_401_and_runs_no_program(tmp_path: Path) -> None:
    async def test(world: Rewritten) -> None:
        with pytest.raises(AccessDenied):
            await world.client.get(PATH)
        world.rewrite({"token": "t2"})
        await world.client.get(PATH)

    rewriting(tmp_path, test, only("t2"))


def test_a_new_login_counts_before_the_old_one_is_refused(tmp_path: Path) -> None:
    async def test(world: Rewritten) -> None:
        await world.client.get(PATH)
        world.rewrite({"token": "t2"})
        world.later()
        await world.client.get(PATH)
        assert world.sent() == ["Bearer t1", "Bearer t2"]

    rewriting(tmp_path, test)


def test_lower_rights_count_as_soon_as_the_file_says_so(tmp_path: Path) -> None:
    async def test(world: Rewritten) -> None:
        await world.client.get(PATH)
        world.rewrite({"token": "t1", "as": "viewer"})
        world.later()
        await world.client.get(PATH)
        assert "impersonate-user" not in world.server.requests[0].headers
        assert world.server.requests[1].headers["impersonate-user"] == "viewer"

    rewriting(tmp_path, test)


def test_what_the_file_asks_for_later_needs_consent_as_well(tmp_path: Path) -> None:
    async def test(world: Rewritten) -> None:
        await world.client.get(PATH)
        for user, cluster, code, told in (
            (Plugin(tmp_path).user, {}, Code.PROGRAM_NOT_ALLOWED, {"program": sys.executable}),
            (
                {"token": "t1"},
                {"insecure-skip-tls-verify": True, "certificate-authority-data": None},
                Code.TLS_NOT_VERIFIED,
                {"line": 'insecure_tls_contexts = ["eu"]'},
            ),
            (
                {"token": "t1", "auth-provider": {"name": "gcp"}},
                {},
                Code.CONTEXT_REFUSED,
                {"problem": KubeconfigCode.AUTH_PROVIDER},
            ),
        ):
            world.rewrite(user, **cluster)
            world.later()
            for _ in range(2):  # also while the files are not looked at again
                with refuses(AccessDenied, code, **told):
                    await world.client.get(PATH)
        world.rewrite({"token": "t1"})
        await world.client.get(PATH)  # at once: nothing was loaded
        assert len(world.server.requests) == 2

    rewriting(tmp_path, test)


def test_a_server_that_the_file_names_later_is_not_armed_before_it_has_said_who_it_is(tmp_path: Path) -> None:
    identity = paths.namespace(paths.IDENTITY_NAMESPACE)

    async def test(world: Rewritten) -> None:
        await world.client.get(identity)
        await world.client.delete(PATH)
        world.rewrite({"token": "t1"}, path="/other")
        world.later()
        with pytest.raises(NotArmed):
            await world.client.delete(PATH)
        assert world.client.cluster_uid is None
        await world.client.get(identity)
        await world.client.delete(PATH)
        sent = [(request.method, request.path) for request in world.server.requests]
        assert sent == [
            ("GET", f"/clusters/eu{identity}"),
            ("DELETE", f"/clusters/eu{PATH}"),
            ("GET", f"/clusters/eu/other{identity}"),
            ("DELETE", f"/clusters/eu/other{PATH}"),
        ]

    rewriting(tmp_path, test, lambda request: web.json_response({"metadata": {"uid": UID}}))


def test_a_half_written_certificate_does_not_end_what_works(tmp_path: Path) -> None:
    async def test(world: Rewritten) -> None:
        certificate = tmp_path / "client.pem"
        good, key = make_certificate()
        certificate.write_bytes(good)
        (tmp_path / "key.pem").write_bytes(key)
        world.rewrite({"token": "t1", "client-certificate": "client.pem", "client-key": "key.pem"})
        world.later()
        await world.client.get(PATH)
        certificate.write_bytes(good[:100])
        world.later()
        await world.client.get(PATH)
        before = world.connection._loaded
        certificate.write_bytes(good)
        world.later()
        await world.client.get(PATH)
        assert world.connection._loaded is not before

    rewriting(tmp_path, test)


def test_a_server_is_believed_on_the_word_of_its_own_authority_alone_also_after_a_new_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The authorities of the machine are many, and one of them may be an employer's or an attacker's."""

    async def test(world: Rewritten) -> None:
        assert world.server.tls is not None
        machine = tmp_path / "machine.pem"
        machine.write_bytes(world.server.tls.authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(machine))
        await world.client.get(PATH)
        world.rewrite({"token": "t2"}, **{"certificate-authority-data": encode(make_certificate()[0])})
        world.later()
        with refuses(ClusterUnreachable, Code.SERVER_NOT_TRUSTED):
            await world.client.get(PATH)
        world.rewrite({"token": "t3"})
        world.later()
        await world.client.get(PATH)
        assert world.sent() == ["Bearer t1", "Bearer t3"]

    rewriting(tmp_path, test)


def test_a_rotated_token_file_counts_before_the_old_token_is_refused(tmp_path: Path) -> None:
    async def test(world: Rewritten) -> None:
        (tmp_path / "token").write_text("one\n")
        world.rewrite({"tokenFile": "token"})
        world.later()
        await world.client.get(PATH)
        (tmp_path / "token").write_text("other\n")
        world.later()
        await world.client.get(PATH)
        assert world.sent() == ["Bearer one", "Bearer other"]

    allowed = sending_anywhere(token_file=tmp_path / "token")
    rewriting(tmp_path, test, token_files=allowed.token_files)


def test_a_token_file_that_is_made_safe_counts_without_being_written_again(tmp_path: Path) -> None:
    async def test(world: Rewritten) -> None:
        await world.client.get(PATH)
        (tmp_path / "token").write_text("new")
        (tmp_path / "token").chmod(0o602)
        world.rewrite({"tokenFile": "token"})
        for mode in (0o602, 0o600):
            (tmp_path / "token").chmod(mode)
            world.later()
            await world.client.get(PATH)
        assert world.sent() == ["Bearer t1", "Bearer t1", "Bearer new"]

    allowed = sending_anywhere(token_file=tmp_path / "token")
    rewriting(tmp_path, test, token_files=allowed.token_files)


def test_a_proxy_of_the_kubeconfig_gets_the_requests(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving() as proxy:
            path = write_kubeconfig(
                tmp_path, "http://kube.invalid", **{"proxy-url": f"http://127.0.0.1:{proxy.port}"}
            )
            client = make_client(path, "eu")
            await client.get(PATH)
            assert client.warnings[-1] == KubeconfigCode.THROUGH_PROXY.because()
            await client.close()
            assert proxy.requests[0].headers["host"] == "kube.invalid"

    asyncio.run(main())
