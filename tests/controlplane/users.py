"""Who may do what in a test cluster, and the files that prove who somebody is."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from tests.controlplane.certificates import Authority, make_signing_key
from tests.controlplane.kubeconfig import compose_kubeconfig, write_kubeconfig, write_private
from tests.controlplane.ports import LOOPBACK

# User → groups. The last three are the cluster's own programs.
USERS = {
    "admin": ("system:masters",),
    "observer": (),
    "sentinelaura": (),
    "system:kube-controller-manager": ("system:masters",),
    "system:kube-scheduler": (),
    "kwok": ("system:masters",),
}
PEOPLE = ("admin", "observer", "sentinelaura")


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
