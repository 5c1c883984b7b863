"""Credentials over time: TLS from memory, renewal before and after expiry, nothing left on disk."""

from __future__ import annotations

import asyncio
import base64
import ssl
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from controller.clusters.kube import KubeClient
from controller.clusters.kube_connection import MIN_RENEWAL_INTERVAL_S, KubeConnection
from controller.clusters.kubeconfig import KubeconfigContext, read_kubeconfig
from controller.clusters.settings import KubeSettings
from controller.errors import AccessDenied, ClusterUnreachable, NotArmed
from tests.controller.clusters.clients import make_client
from tests.controller.clusters.serving import Served, serving, status, write_kubeconfig

PATH = "/api/v1/nodes"


def make_certificate(is_authority: bool) -> tuple[bytes, bytes]:
    """A self-signed certificate for 127.0.0.1 and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    usage = x509.KeyUsage(True, False, False, False, False, is_authority, is_authority, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(is_authority, None), True)
        .add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def make_tls(directory: Path, trusted: bytes | None = None) -> tuple[ssl.SSLContext, bytes]:
    """A server's TLS context and its certificate; `trusted` makes it ask for a client's."""
    certificate, key = make_certificate(is_authority=True)
    (directory / "server.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    if trusted is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=trusted.decode())
    return context, certificate


def encode(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


def test_client_keys_are_used_and_never_stay_on_disk(tmp_path: Path) -> None:
    certificate, key = make_certificate(is_authority=True)
    tls, authority = make_tls(tmp_path, trusted=certificate)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    user = {"client-certificate-data": encode(certificate), "client-key-data": encode(key)}

    async def main() -> None:
        async with serving(tls=tls) as server:
            path = write_kubeconfig(
                tmp_path, server.url, user, **{"certificate-authority-data": encode(authority)}
            )
            settings = KubeSettings(runtime_directory=str(runtime))
            client = make_client(path, "eu", settings=settings)
            await client.get(PATH)
            assert list(runtime.iterdir()) == []
            await client.close()
            assert len(server.requests) == 1

    asyncio.run(main())


def test_an_unknown_authority_is_not_trusted_even_if_the_kubeconfig_says_so(tmp_path: Path) -> None:
    tls, _ = make_tls(tmp_path)

    async def main() -> None:
        async with serving(tls=tls) as server:
            path = write_kubeconfig(tmp_path, server.url, **{"insecure-skip-tls-verify": True})
            client = make_client(path, "eu")
            with pytest.raises(ClusterUnreachable, match=r"not trusted.*insecure-skip-tls-verify"):
                await client.get(PATH)
            assert "insecure-skip-tls-verify is ignored" in client.warnings[0]
            await client.close()
            settings = KubeSettings(insecure_tls_contexts=frozenset({"eu"}))
            confirmed = make_client(path, "eu", settings=settings)
            await confirmed.get(PATH)
            assert "not verified" in confirmed.warnings[0]
            await confirmed.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("server", "warned"),
    [("http://127.0.0.1:1", False), ("http://localhost:1", False), ("http://api.example", True)],
)
def test_only_an_open_connection_over_a_network_is_warned_of(
    tmp_path: Path, server: str, warned: bool
) -> None:
    async def main() -> None:
        connection = KubeConnection(read_context(tmp_path, server), KubeSettings())
        await connection.load()
        assert any("not encrypted" in warning for warning in connection.warnings) is warned
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


def read_context(tmp_path: Path, server: str, user: dict[str, Any] | None = None) -> KubeconfigContext:
    return read_kubeconfig([write_kubeconfig(tmp_path, server, user)]).contexts["eu"]


def only(token: str) -> Any:
    """Accepts one token."""
    return lambda request: {} if request.headers["authorization"] == f"Bearer {token}" else status(401)


def test_a_refused_token_is_renewed_once_for_all_who_wait(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path)

    async def main() -> None:
        async with serving(only("t2")) as server:
            client = KubeClient(read_context(tmp_path, server.url, plugin.user), SETTINGS)
            await asyncio.gather(*(client.get(PATH) for _ in range(5)))
            await client.close()
            assert plugin.runs == 2

    asyncio.run(main())


def test_a_token_that_stays_refused_runs_no_plugin_again_and_again(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path)
    now = [0.0]

    async def main() -> None:
        async with serving(only("never")) as server:
            context = read_context(tmp_path, server.url, plugin.user)
            connection = KubeConnection(context, SETTINGS, monotonic=lambda: now[0])
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
        async with serving(remember) as server:
            context = read_context(tmp_path, server.url, plugin.user)
            connection = KubeConnection(context, SETTINGS, wall_clock=lambda: now[0])
            client = KubeClient(context, SETTINGS, connection=connection)
            await client.get(PATH)
            now[0] = expiry.timestamp() - 30
            await client.get(PATH)
            await client.close()

    asyncio.run(main())
    assert seen == ["Bearer t1", "Bearer t2"]


def test_a_write_that_waits_for_its_credential_is_not_sent_once_disarmed(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving() as server:
            client = KubeClient(
                read_context(tmp_path, server.url, Plugin(tmp_path).user), SETTINGS, armed=True
            )
            write = asyncio.create_task(client.delete(PATH))
            await asyncio.wait([write], timeout=0)
            client.armed = False
            with pytest.raises(NotArmed):
                await write
            await client.close()
            assert server.requests == []

    asyncio.run(main())


def test_a_token_file_is_read_again_when_its_token_was_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("t1")

    async def main() -> None:
        async with serving(only("t2")) as server:
            context = read_context(tmp_path, server.url, {"tokenFile": str(file)})
            connection = KubeConnection(context, KubeSettings())
            await connection.load()
            file.write_text("t2")
            client = KubeClient(context, connection=connection)
            await client.get(PATH)
            await client.close()

    asyncio.run(main())


def test_credentials_that_cannot_be_loaded_are_a_denial_for_a_request(tmp_path: Path) -> None:
    context = read_context(tmp_path, "http://127.0.0.1:1", Plugin(tmp_path).user)

    async def main() -> None:
        client = KubeClient(context)
        with pytest.raises(AccessDenied, match="wants to run a program"):
            await client.get(PATH)

    asyncio.run(main())
