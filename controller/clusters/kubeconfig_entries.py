"""What a kubeconfig says of one cluster and of one user, as frozen values.

The reader (`kubeconfig_fields.py`) fills them from a closed list of fields; nothing else of the file goes any further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

#: No variables; immutable, so that it can be a default.
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, repr=False)
class Pem:
    """A certificate or a key: its text, or the file that holds it."""

    text: bytes | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class ClusterEntry:
    """How an API server is reached. `server` is as the file says it; a context knows its whole address."""

    server: str = ""
    authority: Pem | None = None
    tls_server_name: str | None = None
    skips_tls_verification: bool = False
    #: An http:// address; None: no proxy of the file's.
    proxy_url: str | None = None
    disables_compression: bool = False
    #: What the file has for credential plugins in its extension `client.authentication.k8s.io/exec`.
    plugin_config: Any = None


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Who the API server shall take us for; it lowers the rights to those of that user."""

    user: str
    uid: str | None = None
    groups: tuple[str, ...] = ()
    #: name -> values.
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True, repr=False)
class ExecPlugin:
    """A program that prints a credential. Its arguments and its variables may hold secrets: show neither.

    command: a name to be looked for in the PATH, or an absolute path.
    environment: variable -> value, as the file wants them.
    """

    command: str
    api_version: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    install_hint: str | None = None
    wants_cluster: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class UserEntry:
    """Who we are to an API server. At most one of token (or its file), password and plugin."""

    token: str | None = None
    token_file: Path | None = None
    username: str | None = None
    password: str | None = None
    certificate: Pem | None = None
    key: Pem | None = None
    exec_plugin: ExecPlugin | None = None
    impersonation: Impersonation | None = None

    @property
    def has_credential(self) -> bool:
        """Whether anything secret would go to the server."""
        secrets = (self.token, self.token_file, self.username, self.certificate, self.exec_plugin)
        return any(secret is not None for secret in secrets)
