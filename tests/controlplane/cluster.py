"""One test cluster: its folder, its users, its programs, and what tests ask of it.

A cluster is started by `pool.py`. Everything it writes lies in its folder; everything it runs is in the guard's
process group; it listens on one loopback port.
"""

from __future__ import annotations

import itertools
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

import yaml

from tests.controlplane.api import ApiClient, JsonObject
from tests.controlplane.components import MANIFESTS, STORE_SOCKET, Component, compose_components
from tests.controlplane.errors import ControlPlaneError, StartFailed
from tests.controlplane.places import Place, describe_nodes
from tests.controlplane.ports import LOOPBACK, reserve_port
from tests.controlplane.programs import Programs
from tests.controlplane.store import compact_store
from tests.controlplane.users import PEOPLE, User, write_credentials
from tests.controlplane.workloads import read_condition

START_TIMEOUT_S = 60.0
"""Four clusters starting at once on two busy cores took under half of it."""

POLL_INTERVAL_S = 0.05
"""Between questions whether the API server is ready; nothing could tell us before it listens."""

NOT_READY_TAINT = "node.kubernetes.io/not-ready"

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLES = Path(__file__).parents[2] / "packaging" / "rbac"
"""The manifests that are handed out; each binds its role to the user "sentinelaura"."""


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
        users: "admin", "observer", "sentinelaura" → access.
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

    def apply_role(self, role: str, namespace: str | None = None) -> None:
        """Grant a role of `packaging/rbac/` by its manifest as it is, as `kubectl apply --namespace` would."""
        admin = self.client()
        for manifest in yaml.safe_load_all((ROLES / f"{role}.yaml").read_text()):
            place = manifest["metadata"].get("namespace", namespace)
            folder = RBAC if place is None else f"{RBAC}/namespaces/{place}"
            admin.create(f"{folder}/{manifest['kind'].lower()}s", manifest)

    def create_namespace(self, prefix: str = "test", roles: Iterable[str] = ()) -> str:
        """Create a namespace of its own for a test and return its name once pods can be created in it.

        Args:
            roles: what the user "sentinelaura" may do in it: names of manifests.
        """
        admin = self.client()
        name = f"{prefix}-{next(self._numbers)}"
        admin.create("/api/v1/namespaces", {"metadata": {"name": name}})
        for role in roles:
            self.apply_role(role, name)
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

    def compact_store(self) -> None:
        """Have etcd drop all old versions of all objects, as the API server does with those of more than five minutes.

        The API server's cache still has some of them, until it is started anew.
        """
        newest = self.client().get("/api/v1/namespaces")["metadata"]["resourceVersion"]
        compact_store(self.folder / STORE_SOCKET, int(newest))

    def check_alive(self) -> None:
        """Raise StartFailed when one of the programs has ended by itself."""
        for component in self.components.values():
            component.check_alive()

    def close(self) -> None:
        """End the programs and give the port back; the folder is the guard's to remove."""
        for component in self.components.values():
            component.kill()
        self.reservation.close()


def start_cluster(place: Place, folder: Path, programs: Programs, group: int) -> Cluster:
    """Start a cluster in a new `folder` and return it once pods can be placed on its nodes.

    Raises: StartFailed.
    """
    folder.mkdir(mode=0o700)
    cluster = prepare_cluster(place, folder, programs, group)
    try:
        cluster.components["etcd"].start()
        cluster.components["kube-apiserver"].start()
        cluster.await_ready()
        for name in ("kube-controller-manager", "kube-scheduler", "kwok"):
            cluster.components[name].start()
        furnish(cluster)
        await_nodes(cluster)
    except BaseException:
        cluster.close()
        raise
    return cluster


def prepare_cluster(place: Place, folder: Path, programs: Programs, group: int) -> Cluster:
    """Write keys, certificates and kubeconfigs, reserve the port, compose the command lines; start nothing."""
    reservation = reserve_port()
    port = int(reservation.getsockname()[1])
    base_url = f"https://{LOOPBACK}:{port}"
    users = write_credentials(folder, place.context, base_url)
    return Cluster(
        context=place.context,
        place=place,
        folder=folder,
        base_url=base_url,
        ca_file=folder / "ca.crt",
        audit_log=folder / "audit.log",
        users={name: users[name] for name in PEOPLE},
        components=compose_components(programs, folder, port, group),
        reservation=reservation,
    )


def furnish(cluster: Cluster) -> None:
    """Create the observer's role, let the cluster be identified, and create the nodes."""
    admin = cluster.client()
    for manifest in yaml.safe_load_all((MANIFESTS / "observer.yaml").read_text()):
        admin.create(f"{RBAC}/{manifest['kind'].lower()}s", manifest)
    cluster.apply_role("identity")
    cluster.apply_role("kubelets")
    for node in describe_nodes(cluster.place):
        admin.create("/api/v1/nodes", node)


def await_nodes(cluster: Cluster) -> None:
    """Return once every node is Ready and the node controller has seen it.

    Raises: StartFailed.
    """
    admin = cluster.client()
    for node in describe_nodes(cluster.place):
        try:
            admin.await_object("/api/v1/nodes", node["metadata"]["name"], takes_pods, START_TIMEOUT_S)
        except ControlPlaneError as error:
            cluster.check_alive()
            raise StartFailed(f"The nodes of {cluster.context} were not ready: {error}") from error


def takes_pods(node: JsonObject) -> bool:
    """Tell whether a node is Ready and has lost the taint with which every node begins."""
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return read_condition(node, "Ready").get("status") == "True" and NOT_READY_TAINT not in taints
