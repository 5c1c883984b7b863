"""Read the sections of a kubeconfig field by field, as client-go does, and nothing that is not on the list.

Each field that bears on who we are, on how we reach a server or on which program runs is either taken here or refused
by its name: a field that is passed over would mean another identity, or another way, than the file says. What the list
leaves over is therefore an error of this one entry. Source: client-go's tools/clientcmd, api/v1/types.go and
validation.go.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from controller.clusters.kubeconfig_entries import ClusterEntry, ExecPlugin, Impersonation, Pem, UserEntry
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

#: The versions of the protocol between us and a plugin; v1alpha1 has gone with Kubernetes 1.24.
EXEC_API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")

#: The extension of a cluster that is meant for its credential plugin.
_PLUGIN_EXTENSION = "client.authentication.k8s.io/exec"

#: Providers that clients had built in -> what took their place.
_SUCCESSORS = {
    "gcp": "gke-gcloud-auth-plugin",
    "azure": "kubelogin",
    "oidc": "kubectl oidc-login",
    "openstack": "client-keystone-auth",
}

#: What a header, a server name or a command may not hold: with a line break a value would become two headers.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class FieldError(ValueError):
    """A field cannot be used. `is_placed`: the reason says in which line of which file, once somebody knows."""

    def __init__(self, reason: Reason, *, is_placed: bool = False) -> None:
        self.reason = reason
        self.is_placed = is_placed
        super().__init__(str(reason))


def parse_cluster(fields: object, folder: Path) -> ClusterEntry:
    """Read a cluster's section; file names count from `folder`. Raises: FieldError."""
    section = Section("its cluster", fields)
    # `api-version` was written by tools of Kubernetes 1.x and never read.
    section.ignore("api-version")
    entry = ClusterEntry(
        server=section.text("server") or "",
        authority=section.pem("certificate-authority", folder),
        tls_server_name=section.text("tls-server-name"),
        skips_tls_verification=section.flag("insecure-skip-tls-verify"),
        proxy_url=_check_proxy(section.text("proxy-url")),
        disables_compression=section.flag("disable-compression"),
        plugin_config=_find_plugin_config(section.take("extensions")),
    )
    section.finish()
    if entry.skips_tls_verification and entry.authority is not None:
        given = ("a certificate-authority", "insecure-skip-tls-verify")
        raise FieldError(KubeconfigCode.BOTH_GIVEN.because(section="its cluster", names=given))
    return entry


def parse_user(fields: object, folder: Path) -> UserEntry:
    """Read a user's section; file names count from `folder`. Raises: FieldError."""
    section = Section("its user", fields)
    section.ignore("extensions")
    _refuse_auth_provider(section.take("auth-provider"))
    entry = UserEntry(
        token=section.text("token"),
        token_file=section.file("tokenFile", folder),
        username=section.text("username"),
        password=section.text("password"),
        certificate=section.pem("client-certificate", folder),
        key=section.pem("client-key", folder),
        exec_plugin=_parse_exec(section.take("exec"), folder),
        impersonation=_parse_impersonation(section),
    )
    section.finish()
    _refuse_mixed_credentials(entry)
    return entry


def resolve_server(cluster: ClusterEntry, user: UserEntry) -> str:
    """Return the server's whole address, without a slash at its end.

    Without a scheme it is https where there is anything to speak TLS with, else http (client-go's defaultServerUrlFor).
    Raises: FieldError.
    """
    server = cluster.server.strip()
    if not server:
        raise FieldError(KubeconfigCode.NO_SERVER.because())
    if "://" not in server:
        has_tls = (
            cluster.authority is not None or cluster.skips_tls_verification or user.certificate is not None
        )
        server = f"{'https' if has_tls else 'http'}://{server}"
    try:
        parts = urlsplit(server)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address or _CONTROL.search(server):
        raise FieldError(KubeconfigCode.SERVER_NO_ADDRESS.because(server=clean_text(server)))
    if "@" in parts.netloc:
        raise FieldError(KubeconfigCode.SERVER_WITH_CREDENTIAL.because())
    if parts.query or parts.fragment:
        raise FieldError(KubeconfigCode.SERVER_WITH_QUERY.because())
    return server.rstrip("/")


class Section:
    """One section's fields, taken out one by one, so that what was not thought of is left over at the end.

    A field that is null counts as missing, as in Go. Every method raises FieldError where the value has another type.
    """

    def __init__(self, place: str, fields: object) -> None:
        self._place = place
        if fields is not None and not isinstance(fields, Mapping):
            raise FieldError(KubeconfigCode.SECTION_NO_MAPPING.because(section=place))
        self._fields: dict[Any, Any] = dict(fields or {})

    def take(self, name: str) -> Any:
        """The field's value as it is; None where it is missing."""
        return self._fields.pop(name, None)

    def ignore(self, *names: str) -> None:
        """Pass over fields that change nothing."""
        for name in names:
            self._fields.pop(name, None)

    def text(self, name: str) -> str | None:
        """A text; None where it is missing or empty."""
        value = self.take(name)
        if value is not None and not isinstance(value, str):
            raise FieldError(KubeconfigCode.FIELD_NO_TEXT.because(field=name, section=self._place))
        return value or None

    def flag(self, name: str) -> bool:
        """true or false; False where it is missing."""
        value = self.take(name)
        if value is not None and not isinstance(value, bool):
            raise FieldError(KubeconfigCode.FIELD_NO_FLAG.because(field=name, section=self._place))
        return bool(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where it is missing."""
        value = self.take(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise FieldError(KubeconfigCode.FIELD_NO_TEXTS.because(field=name, section=self._place))
        return tuple(value)

    def file(self, name: str, folder: Path) -> Path | None:
        """A file's name; links are not followed, as client-go counts from the folder of the name that was given."""
        value = self.text(name)
        return Path(os.path.normpath(folder / value)) if value is not None else None

    def pem(self, name: str, folder: Path) -> Pem | None:
        """A certificate or key, in the file or beside it. Raises: FieldError where it is both."""
        file, data = self.file(name, folder), self.text(f"{name}-data")
        if file is not None and data is not None:
            given = (name, f"{name}-data")
            raise FieldError(KubeconfigCode.BOTH_GIVEN.because(section=self._place, names=given))
        if data is not None:
            return Pem(text=_decode(data, f"{name}-data", self._place))
        return Pem(file=file) if file is not None else None

    def left_over(self) -> tuple[str, ...]:
        """The fields that nobody has taken, for messages."""
        return tuple(clean_text(name, 60) for name in self._fields)

    def finish(self) -> None:
        """Raises: FieldError where a field is left that nobody has taken."""
        if self._fields:
            unknown = KubeconfigCode.FIELD_UNKNOWN
            raise FieldError(unknown.because(section=self._place, names=self.left_over()))


def _decode(data: str, field: str, section: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise FieldError(KubeconfigCode.FIELD_NO_BASE64.because(field=field, section=section)) from None


def _check_proxy(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and (parts.port or 1) > 0 and not _CONTROL.search(url)
    except ValueError:
        is_address = False
    if not is_address:
        raise FieldError(KubeconfigCode.PROXY_NO_ADDRESS.because())
    if parts.scheme != "http":
        raise FieldError(KubeconfigCode.PROXY_UNSUPPORTED.because(scheme=clean_text(parts.scheme, 20)))
    if "@" in parts.netloc:
        raise FieldError(KubeconfigCode.PROXY_WITH_PASSWORD.because())
    return url


def _find_plugin_config(extensions: object) -> Any:
    if extensions is None:
        return None
    if not isinstance(extensions, list):
        raise FieldError(KubeconfigCode.FIELD_NO_LIST.because(field="extensions", section="its cluster"))
    for extension in extensions:
        if isinstance(extension, Mapping) and extension.get("name") == _PLUGIN_EXTENSION:
            return extension.get("extension")
    return None


def _refuse_auth_provider(provider: object) -> None:
    if provider is None:
        return
    name = provider.get("name") if isinstance(provider, Mapping) else None
    shown = clean_text(name or "without a name", 40)
    successor = _SUCCESSORS.get(name, "of its cloud") if isinstance(name, str) else "of its cloud"
    raise FieldError(KubeconfigCode.AUTH_PROVIDER.because(provider=shown, successor=successor))


def _parse_exec(fields: object, folder: Path) -> ExecPlugin | None:
    if fields is None:
        return None
    section = Section("its exec plugin", fields)
    command, api_version = section.text("command"), section.text("apiVersion")
    if command is None or _CONTROL.search(command):
        raise FieldError(KubeconfigCode.PLUGIN_NO_COMMAND.because())
    if api_version not in EXEC_API_VERSIONS:
        spoken = clean_text(api_version or "no apiVersion", 60)
        raise FieldError(KubeconfigCode.PLUGIN_VERSION.because(version=spoken, supported=EXEC_API_VERSIONS))
    if section.text("interactiveMode") == "Always":
        raise FieldError(KubeconfigCode.PLUGIN_INTERACTIVE.because())
    plugin = ExecPlugin(
        command=_locate(command, folder),
        api_version=api_version,
        arguments=section.texts("args"),
        environment=_parse_environment(section.take("env")),
        install_hint=section.text("installHint"),
        wants_cluster=section.flag("provideClusterInfo"),
    )
    section.finish()
    return plugin


def _locate(command: str, folder: Path) -> str:
    """A name stays a name; a path counts from the kubeconfig's folder."""
    return command if Path(command).name == command else os.path.normpath(folder / command)


def _parse_environment(entries: object) -> dict[str, str]:
    if entries is None:
        return {}
    if not isinstance(entries, list):
        raise FieldError(KubeconfigCode.FIELD_NO_LIST.because(field="env", section="its exec plugin"))
    environment: dict[str, str] = {}
    for entry in entries:
        section = Section("a variable of its exec plugin", entry)
        name, value = section.text("name"), section.text("value") or ""
        section.finish()
        if name is None or "=" in name or _CONTROL.search(name) or "\x00" in value:
            raise FieldError(KubeconfigCode.PLUGIN_VARIABLE.because())
        environment[name] = value
    return environment


def _parse_impersonation(section: Section) -> Impersonation | None:
    user, uid, groups = section.text("as"), section.text("as-uid"), section.texts("as-groups")
    extra = section.take("as-user-extra")
    values = Section("as-user-extra of its user", extra)
    named = {str(name): values.texts(name) for name in (extra or {})}
    if user is None:
        if uid or groups or named:
            raise FieldError(KubeconfigCode.IMPERSONATION_INCOMPLETE.because())
        return None
    shown = (user, uid or "", *groups, *named, *(value for texts in named.values() for value in texts))
    if any(_CONTROL.search(text) for text in shown):
        raise FieldError(KubeconfigCode.IMPERSONATION_UNSENDABLE.because())
    return Impersonation(user, uid, groups, named)


def _refuse_mixed_credentials(user: UserEntry) -> None:
    """Which of two credentials counts is not for us to guess."""
    given = {
        "a token": user.token is not None or user.token_file is not None,
        "a password": user.username is not None or user.password is not None,
        "an exec plugin": user.exec_plugin is not None,
    }
    names = tuple(name for name, is_given in given.items() if is_given)
    if len(names) > 1:
        raise FieldError(KubeconfigCode.BOTH_GIVEN.because(section="its user", names=names))
    if user.password is not None and user.username is None:
        raise FieldError(KubeconfigCode.USERNAME_MISSING.because())
    if (user.certificate is None) != (user.key is None):
        lacking = "client-key" if user.key is None else "client-certificate"
        raise FieldError(KubeconfigCode.HALF_CERTIFICATE.because(lacking=lacking))
    if any(text and _CONTROL.search(text) for text in (user.token and user.token.strip(), user.username)):
        raise FieldError(KubeconfigCode.CREDENTIAL_UNSENDABLE.because())
