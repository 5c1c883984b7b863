"""The command lines of a test cluster's five programs, and one running program. Knows no Kubernetes objects.

Flags follow envtest and kwokctl where these agree; every departure has its reason beside it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.controlplane.errors import StartFailed
from tests.controlplane.ports import LOOPBACK

MANIFESTS = Path(__file__).parent / "manifests"

UNROUTED_ADDRESS = "192.0.2.1"
"""From the block for documentation (RFC 5737): the API server refuses to advertise a loopback address, and would look
for a default route without one. Nothing connects to it, as no endpoints are published."""

UNUSED_URL = "http://127.0.0.1:1"
"""etcd must announce URLs with a host and a port, though its only client and its only member use Unix sockets."""

STORE_SOCKET = "etcd.sock"
STORE_URL = f"unix://{STORE_SOCKET}"
"""Where the API server finds etcd: relative to the cluster's folder, in which all its programs run, because the path
of a Unix socket may not exceed some 100 characters, and temporary folders can."""

LOG_TAIL_LINES = 12


@dataclass(slots=True)
class Component:
    """One program of a cluster: started in the guard's process group, its output in a log file.

    Attributes:
        name: such as "kube-apiserver".
        command: executable and arguments.
        log: receives standard output and standard error, of restarts too.
        group: process group that the guard ends.
    """

    name: str
    command: list[str]
    log: Path
    group: int
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """Process number of the running program."""
        if self._process is None:
            raise StartFailed(f"{self.name} is not running; start it first.")
        return self._process.pid

    def start(self) -> None:
        """Start the program; returns before it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.log.parent,
                process_group=self.group,
            )

    def kill(self) -> None:
        """End the program as `kill -9` does and wait until it is gone; `start` may follow."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def check_alive(self) -> None:
        """Raise StartFailed with the end of the log if the program has ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
            raise StartFailed(f"{self.name} ended with {self._process.returncode}. Its log ends so:\n{tail}")


def compose_components(
    executables: Mapping[str, Path], folder: Path, port: int, group: int
) -> dict[str, Component]:
    """Return the five programs of one cluster, not started. Returns program name → program.

    Args:
        folder: holds the cluster's keys, kubeconfigs, data and logs.
        port: of the API server, on loopback.
        group: process group that the guard ends.
    """
    commands = {
        "etcd": compose_etcd(executables["etcd"], folder),
        "kube-apiserver": compose_api_server(executables["kube-apiserver"], folder, port),
        "kube-controller-manager": compose_controller_manager(executables["kube-controller-manager"], folder),
        "kube-scheduler": compose_scheduler(executables["kube-scheduler"], folder),
        "kwok": compose_kwok(executables["kwok"], folder),
    }
    return {
        name: Component(name, command, folder / f"{name}.log", group) for name, command in commands.items()
    }


def compose_etcd(executable: Path, folder: Path) -> list[str]:
    """Return etcd's command line. Unix sockets in the cluster's private folder: on a port, any user of the machine
    could read and write the whole cluster, as etcd asks nobody who they are."""
    return [
        str(executable),
        f"--name={folder.name}",
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={STORE_URL}",
        "--listen-peer-urls=unix://peer.sock",
        f"--advertise-client-urls={UNUSED_URL}",
        f"--initial-advertise-peer-urls={UNUSED_URL}",
        f"--initial-cluster={folder.name}={UNUSED_URL}",
        "--unsafe-no-fsync",  # survives kill -9 of etcd (the kernel has the pages), not a power cut
    ]


def compose_api_server(executable: Path, folder: Path, port: int) -> list[str]:
    """Return kube-apiserver's command line; keys and certificates are expected in `folder`."""
    return [
        str(executable),
        f"--etcd-servers={STORE_URL}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        "--permit-port-sharing",  # with the socket that reserves the port
        f"--advertise-address={UNROUTED_ADDRESS}",
        "--endpoint-reconciler-type=none",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--client-ca-file={folder / 'ca.crt'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        f"--service-account-issuer=https://{LOOPBACK}:{port}",
        f"--service-account-key-file={folder / 'service-accounts.key'}",
        f"--service-account-signing-key-file={folder / 'service-accounts.key'}",
        "--service-cluster-ip-range=10.0.0.0/24",
        f"--audit-policy-file={MANIFESTS / 'audit-policy.yaml'}",
        f"--audit-log-path={folder / 'audit.log'}",
        "--audit-log-mode=blocking",  # an answered write is in the file already
    ]


def _compose_client(executable: Path, folder: Path, name: str) -> list[str]:
    """The beginning of the command line of a component that leads alone and opens no server."""
    kubeconfig = folder / f"{name}.kubeconfig"
    return [str(executable), f"--kubeconfig={kubeconfig}", "--leader-elect=false", "--secure-port=0"]


def compose_controller_manager(executable: Path, folder: Path) -> list[str]:
    """Return kube-controller-manager's command line."""
    return [
        *_compose_client(executable, folder, "kube-controller-manager"),
        f"--service-account-private-key-file={folder / 'service-accounts.key'}",
        f"--root-ca-file={folder / 'ca.crt'}",
        "--horizontal-pod-autoscaler-sync-period=1s",  # 15 s by default; tests wait for it
    ]


def compose_scheduler(executable: Path, folder: Path) -> list[str]:
    """Return kube-scheduler's command line."""
    return _compose_client(executable, folder, "kube-scheduler")


def compose_kwok(executable: Path, folder: Path) -> list[str]:
    """Return kwok's command line. Without a node port it opens no server (with one it would, on all interfaces)."""
    return [
        str(executable),
        f"--kubeconfig={folder / 'kwok.kubeconfig'}",
        f"--config={MANIFESTS / 'stages.yaml'}",
        "--manage-all-nodes",
        # Not on by default in spite of kwok's help: without heartbeats every node and its pods are marked NotReady
        # after 50 s, and the pods stay so.
        "--node-lease-duration-seconds=40",
    ]
