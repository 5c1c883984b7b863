"""One test cluster: its folder, its users, its programs, and what tests ask of it.

A cluster is started by `pool.py`. Everything it writes lies in its folder; everything it runs is in the guard's
process group; it listens on one loopback port.
"""

from __future__ import annotations

import itertools
import secrets
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

import yaml

from tests.controlplane.api import ApiClient, JsonObject
from tests.controlplane.certificates import Authority, make_signing_key
from tests.controlplane.components import (
    MANIFESTS,
    Component,
    compose_api_server,
    compose_controller_manager,
    compose_etcd,
    compose_kwok,
    compose_scheduler,
)
from tests.controlplane.errors import StartFailed
from tests.controlplane.kubeconfig import compose_kubeconfig, write_kubeconfig, write_private
from tests.controlplane.places import Place, describe_nodes
from tests.controlplane.ports import LOOPBACK, reserve_port
from tests.controlplane.programs import Programs

START_TIMEOUT_S = 60.0
"""Four clusters starting at once on two busy cores took under half of it."""

POLL_INTERVAL_S = 0.05
"""Between questions whether the API server is ready; nothing could tell us before it listens."""

# User → groups. The last three are the cluster's own programs.
USERS = {
    "admin": ("system:masters",),
    "observer": (),
    "migrator": (),
    "system:kube-controller-manager": ("system:masters",),
    "system:kube-scheduler": (),
    "kwok": ("system:masters",),
}
PEOPLE = ("admin", "observer", "migrator")

MIGRATOR_ROLES = {"none": (), "source": ("migrator-source",), "target": ("migrator-source", "migrator-target")}


@dataclass(frozen=True, slots=True)
class User:
    """One person's access to one cluster, in the three forms that programs want.

    Attributes:
        kubeconfig: file with one context, whose name is the cluster's; certificates inline.
        token: bearer token of the same user.
        certificate_file, key_file: client certificate of the same user, PEM.
    """

    name: str
    kubeconfig: Path
    token: str
    certificate_file: Path
    key_file: Path


@dataclass(slots=True)
class Cluster:
    """A running cluster. Its methods may be called from any thread; each call opens its own connection.

    Attributes:
        context: name of the cluster and of its kubeconfig context.
        kubernetes_version: as the API server tells it, for example "v1.36.3".
        place: the cloud, region and node type it pretends to have.
        folder: everything it wrote, removed when it ends.
        base_url: "https://127.0.0.1:port".
        ca_file: PEM of its own authority.
        audit_log: JSON lines; an answered write is in it already.
        users: "admin", "observer", "migrator" → access.
        components: program name → running program, which tests may kill and start again.
    """

    context: str
    place: Place
    folder: Path
    base_url: str
    ca_file: Path
    audit_log: Path
    users: dict[str, User]
    components: dict[str, Component]
    reservation: socket
    kubernetes_version: str = ""
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig file."""
        return self.users["admin"].kubeconfig

    def client(self, user: str = "admin") -> ApiClient:
        """Return a blocking client for one of `users`."""
        tls = ssl.create_default_context(cafile=str(self.ca_file))
        return ApiClient(self.base_url, self.users[user].token, tls)

    def create_namespace(self, prefix: str = "test", migrator: str = "none") -> str:
        """Create a namespace of its own for a test and return its name once pods can be created in it.

        Args:
            migrator: rights of the user "migrator" in it: "none", "source", or "target" (source's and creation).
        """
        admin = self.client()
        name = f"{prefix}-{next(self._numbers)}"
        admin.create("/api/v1/namespaces", {"metadata": {"name": name}})
        for role in MIGRATOR_ROLES[migrator]:
            admin.create(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}/rolebindings", bind_migrator(role))
        # The admission of pods refuses them until the controller manager has made this account.
        admin.await_object(f"/api/v1/namespaces/{name}/serviceaccounts", "default", lambda _: True)
        return name

    def await_ready(self) -> None:
        """Return once the API server says that it is ready, for the first time or again.

        Raises: StartFailed when a program ends by itself or the time is over.
        """
        client = self.client()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not client.is_ready():
            self.check_alive()
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"The API server of {self.context} was not ready within {START_TIMEOUT_S:.0f} s: see the logs in "
                    f"{self.folder}, and whether the machine is overloaded."
                )
            time.sleep(POLL_INTERVAL_S)
        self.kubernetes_version = client.get("/version")["gitVersion"]

    def check_alive(self) -> None:
        """Raise StartFailed when one of the programs has ended by itself."""
        for component in self.components.values():
            component.check_alive()

    def close(self) -> None:
        """End the programs and give the port back; the folder is the guard's to remove."""
        for component in self.components.values():
            component.kill()
        self.reservation.close()


def start_cluster(place: Place, context: str, folder: Path, programs: Programs, group: int) -> Cluster:
    """Start a cluster in a new `folder` and return it once its API server is ready and its nodes exist.

    Raises: StartFailed.
    """
    folder.mkdir(mode=0o700)
    cluster = prepare_cluster(place, context, folder, programs, group)
    try:
        cluster.components["etcd"].start()
        cluster.components["kube-apiserver"].start()
        cluster.await_ready()
        for name in ("kube-controller-manager", "kube-scheduler", "kwok"):
            cluster.components[name].start()
        furnish(cluster)
    except BaseException:
        cluster.close()
        raise
    return cluster


def prepare_cluster(place: Place, context: str, folder: Path, programs: Programs, group: int) -> Cluster:
    """Write keys, certificates and kubeconfigs, reserve the port, compose the command lines; start nothing."""
    reservation = reserve_port()
    port = int(reservation.getsockname()[1])
    base_url = f"https://{LOOPBACK}:{port}"
    users = write_credentials(folder, context, base_url)
    commands = {
        "etcd": compose_etcd(programs.paths["etcd"], folder),
        "kube-apiserver": compose_api_server(programs.paths["kube-apiserver"], folder, port),
        "kube-controller-manager": compose_controller_manager(programs.paths["kube-controller-manager"], folder),
        "kube-scheduler": compose_scheduler(programs.paths["kube-scheduler"], folder),
        "kwok": compose_kwok(programs.paths["kwok"], folder),
    }
    components = {
        name: Component(name, command, folder / f"{name}.log", group) for name, command in commands.items()
    }
    return Cluster(
        context=context,
        place=place,
        folder=folder,
        base_url=base_url,
        ca_file=folder / "ca.crt",
        audit_log=folder / "audit.log",
        users={name: users[name] for name in PEOPLE},
        components=components,
        reservation=reservation,
    )


def write_credentials(folder: Path, context: str, base_url: str) -> dict[str, User]:
    """Write the authority, the server's certificate and every user's credentials. Returns user name → access."""
    authority = Authority(f"{context} authority")
    write_private(folder / "ca.crt", authority.certificate)
    server = authority.issue_server([LOOPBACK, "10.0.0.1"], ["kubernetes.default.svc", "localhost"])
    write_private(folder / "server.crt", server.certificate)
    write_private(folder / "server.key", server.key)
    write_private(folder / "service-accounts.key", make_signing_key())
    users = {name: write_user(folder, authority, context, base_url, name) for name in USERS}
    rows = [f'{user.token},{name},{name},"{",".join(USERS[name])}"' for name, user in users.items()]
    write_private(folder / "tokens.csv", "\n".join(rows).encode() + b"\n")
    return users


def write_user(folder: Path, authority: Authority, context: str, base_url: str, name: str) -> User:
    """Write one user's certificate, key and kubeconfig."""
    short = name.removeprefix("system:")
    pair = authority.issue_client(name, USERS[name])
    config = compose_kubeconfig(context, base_url, authority.certificate, short, pair)
    return User(
        name=name,
        kubeconfig=write_kubeconfig(folder / f"{short}.kubeconfig", config),
        token=secrets.token_hex(16),
        certificate_file=write_private(folder / f"{short}.crt", pair.certificate),
        key_file=write_private(folder / f"{short}.key", pair.key),
    )


def furnish(cluster: Cluster) -> None:
    """Create the roles and the nodes."""
    admin = cluster.client()
    for name in ("observer", "migrator"):
        for manifest in yaml.safe_load_all((MANIFESTS / f"{name}.yaml").read_text()):
            admin.create(f"/apis/{manifest['apiVersion']}/{manifest['kind'].lower()}s", manifest)
    for node in describe_nodes(cluster.place):
        admin.create("/api/v1/nodes", node)


def bind_migrator(role: str) -> JsonObject:
    """Return a RoleBinding that gives the user "migrator" a ClusterRole's rights in the binding's namespace."""
    group = "rbac.authorization.k8s.io"
    return {
        "metadata": {"name": role},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "migrator"}],
    }
