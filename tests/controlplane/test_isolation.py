"""Facts about what clusters leave on the machine and open to it: nothing outside loopback, nothing afterwards."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.command_output import read_until_ready
from tests.controlplane.pool import ControlPlanePool
from tests.controlplane.process_groups import is_group_alive, is_group_gone

PROJECT_ROOT = Path(__file__).parents[2]
UNSPECIFIED_PORT = 0


def read_socket_inodes(pid: int) -> set[str]:
    """Return the inode numbers of a process's sockets, as /proc/net tables name them."""
    targets = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    return {target.removeprefix("socket:[").rstrip("]") for target in targets if target.startswith("socket:")}


def parse_endpoint(text: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    """Return address and port of "0100007F:1F90": 32-bit words in the machine's byte order, then the port."""
    address, port = text.split(":")
    words = [bytes.fromhex(address[i : i + 8]) for i in range(0, len(address), 8)]
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    return ipaddress.ip_address(packed), int(port, 16)


def list_endpoints(
    cluster: Cluster,
) -> Iterator[tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]]:
    """Yield both ends of every internet socket of the cluster's programs, listening ones included."""
    inodes = set().union(*(read_socket_inodes(component.pid) for component in cluster.components.values()))
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                yield parse_endpoint(fields[1])
                yield parse_endpoint(fields[2])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Reads the kernel's socket tables in /proc.")
def test_every_socket_has_both_ends_on_loopback(control_planes: ControlPlanePool) -> None:
    (cluster,) = control_planes.lend(1)
    endpoints = list(list_endpoints(cluster))
    assert any(port == int(cluster.base_url.rpartition(":")[2]) for _, port in endpoints)
    elsewhere = [(a, port) for a, port in endpoints if not a.is_loopback and port != UNSPECIFIED_PORT]
    assert elsewhere == []


def test_reserved_port_is_refused_to_others(control_planes: ControlPlanePool) -> None:
    (cluster,) = control_planes.lend(1)
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(cluster.reservation.getsockname())


def test_files_with_keys_are_private(control_planes: ControlPlanePool) -> None:
    (cluster,) = control_planes.lend(1)
    assert cluster.folder.stat().st_mode & 0o077 == 0
    private = [
        *cluster.folder.glob("*.key"),
        *cluster.folder.glob("*.kubeconfig"),
        cluster.folder / "tokens.csv",
    ]
    assert all(path.stat().st_mode & 0o077 == 0 for path in private)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
@pytest.mark.usefixtures("control_planes")  # builds or skips where there are no programs
def test_ended_command_leaves_neither_processes_nor_files(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.controlplane", "up", "--clusters", "1"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stderr is not None
        group = read_until_ready(owner.stdout).process_group
        assert is_group_alive(group)
        owner.send_signal(number)
        owner.stderr.read()  # ends with the guard, which is the last to go
    assert is_group_gone(group)
    assert list(tmp_path.iterdir()) == []
