"""Read kubeconfig files: which contexts there are, and what each needs to be reached. Never writes one.

A kubeconfig can name programs to run and servers to trust, so the file is judged before it is believed: its
size, its owner and who may write it, and no YAML aliases. One broken context does not spoil the others: it
carries its `problem`. Theory: several files merge as kubectl merges them, the first definition of a name
wins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from controller.clusters.kubeconfig_entries import ClusterEntry, ExecPlugin, UserEntry
from controller.clusters.kubeconfig_fields import (
    FieldError,
    Section,
    parse_cluster,
    parse_user,
    resolve_server,
)
from controller.clusters.trusted_file import UntrustedFile, read_trusted
from controller.errors import KubeconfigError

#: Largest kubeconfig that is read. A hundred contexts with certificates take about 600 KB.
MAX_KUBECONFIG_BYTES = 1024 * 1024

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class KubeconfigContext:
    """One context: where its server is, how it is reached and who we are to it.

    `server` has no slash at its end. `problem` says why the context cannot be used; None: nothing known against it.
    `notes` name what was passed over.
    """

    name: str
    path: Path
    server: str
    cluster: ClusterEntry = field(default_factory=ClusterEntry)
    user: UserEntry = field(default_factory=UserEntry)
    namespace: str | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def exec_plugin(self) -> ExecPlugin | None:
        """The credential plugin that the context wants to run."""
        return self.user.exec_plugin

    @property
    def skips_tls_verification(self) -> bool:
        """Whether the kubeconfig wants the server's certificate unverified."""
        return self.cluster.skips_tls_verification

    def __repr__(self) -> str:
        return f"KubeconfigContext({self.name!r} of {self.path})"


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """All contexts of one or several files, in their order: context name -> context."""

    paths: tuple[Path, ...]
    contexts: Mapping[str, KubeconfigContext]

    @property
    def label(self) -> str:
        """The files, for messages."""
        return os.pathsep.join(str(path) for path in self.paths)


def split_kubeconfig_paths(listed: str) -> tuple[Path, ...]:
    """Split a list of files as kubectl's KUBECONFIG writes it (`:` between them, `;` on Windows)."""
    return tuple(Path(part).expanduser() for part in listed.split(os.pathsep) if part)


def read_kubeconfig(paths: Iterable[Path | str]) -> Kubeconfig:
    """Read and merge the files; of several, missing ones are skipped as kubectl does.

    Raises: KubeconfigError where no file exists, or one is unreadable, unsafe, not a kubeconfig, or without
    contexts.
    """
    wanted = tuple(Path(path).expanduser() for path in paths)
    present = tuple(path for path in wanted if path.exists())
    if not present:
        label = os.pathsep.join(str(path) for path in wanted) or "(none)"
        raise KubeconfigError(label, "there is no such file; name one with --kubeconfig")
    documents = [(path, _load_document(path)) for path in present]
    contexts = _merge_contexts(documents)
    if not contexts:
        raise KubeconfigError(os.pathsep.join(map(str, present)), "it holds no contexts")
    return Kubeconfig(present, contexts)


def _load_document(path: Path) -> Mapping[str, Any]:
    try:
        text = read_trusted(path, MAX_KUBECONFIG_BYTES).decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_Loader)):
            raise KubeconfigError(
                str(path), "it uses YAML aliases, which no tool writes and which can hide a bomb"
            )
        document = yaml.load(text, Loader=_Loader)
    except UntrustedFile as error:
        raise KubeconfigError(str(path), str(error)) from error
    except UnicodeDecodeError as error:
        raise KubeconfigError(str(path), f"it cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise KubeconfigError(str(path), _describe_yaml_error(error)) from error
    if not isinstance(document, Mapping):
        raise KubeconfigError(str(path), "it is not a kubeconfig: there is no mapping at its top")
    return document


def _describe_yaml_error(error: yaml.YAMLError) -> str:
    """Where and what, without the quoted line: it may hold a token."""
    mark = getattr(error, "problem_mark", None)
    place = f" in line {mark.line + 1}" if mark is not None else ""
    return f"it is not valid YAML{place}: {getattr(error, 'problem', None) or 'broken'}"


def _merge_contexts(documents: list[tuple[Path, Mapping[str, Any]]]) -> dict[str, KubeconfigContext]:
    clusters: dict[str, ClusterEntry | FieldError] = {}
    users: dict[str, UserEntry | FieldError] = {}
    contexts: dict[str, tuple[Path, object]] = {}
    for path, document in documents:
        # Where the name that was given lies, not where a link leads: so client-go counts.
        folder = path.absolute().parent
        for name, fields in _named(document, "clusters", "cluster", path):
            clusters.setdefault(name, _try_parse(parse_cluster, fields, folder))
        for name, fields in _named(document, "users", "user", path):
            users.setdefault(name, _try_parse(parse_user, fields, folder))
        for name, fields in _named(document, "contexts", "context", path):
            contexts.setdefault(name, (path, fields))
    return {
        name: _join_context(name, path, fields, clusters, users) for name, (path, fields) in contexts.items()
    }


_Entry = TypeVar("_Entry", ClusterEntry, UserEntry)


def _try_parse(parse: Callable[[object, Path], _Entry], fields: object, folder: Path) -> _Entry | FieldError:
    """An entry that cannot be used is in the way of the contexts that name it, and of no other."""
    try:
        return parse(fields, folder)
    except FieldError as error:
        return error


def _named(document: Mapping[str, Any], plural: str, singular: str, path: Path) -> list[tuple[str, object]]:
    entries = document.get(plural) or []
    if not isinstance(entries, list):
        raise KubeconfigError(str(path), f"{plural} is not a list")
    named: list[tuple[str, object]] = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            raise KubeconfigError(str(path), f"entry {number} of {plural} has no name")
        named.append((entry["name"], entry.get(singular)))
    return named


def _join_context(
    name: str,
    path: Path,
    fields: object,
    clusters: Mapping[str, ClusterEntry | FieldError],
    users: Mapping[str, UserEntry | FieldError],
) -> KubeconfigContext:
    try:
        section = Section("the context", fields)
        cluster_name, user_name = section.text("cluster"), section.text("user")
        namespace = section.text("namespace")
        cluster = _find_entry("cluster", cluster_name, clusters)
        user = _find_entry("user", user_name, users) if user_name is not None else UserEntry()
        server = resolve_server(cluster, user)
        _refuse_open_credential(server, user)
    except FieldError as error:
        return KubeconfigContext(name, path, server="", problem=str(error))
    return KubeconfigContext(name, path, server, cluster, user, namespace, notes=_find_notes(section))


def _find_entry(kind: str, name: str | None, entries: Mapping[str, _Entry | FieldError]) -> _Entry:
    entry = entries.get(name) if name is not None else None
    if entry is None:
        raise FieldError(f"the context names the {kind} {name!r}, which is not in the file")
    if isinstance(entry, FieldError):
        raise entry
    return entry


def _refuse_open_credential(server: str, user: UserEntry) -> None:
    """Whoever listens on the way would have it, on loopback as well: any local program may take a port."""
    if server.startswith("http://") and user.has_credential:
        raise FieldError(
            f"its server is {server}, and over http its credential would be sent in clear; give an https:// address"
        )


def _find_notes(section: Section) -> tuple[str, ...]:
    section.ignore("extensions")
    return tuple(
        f"the context's field {name} is not known and was passed over" for name in section.left_over()
    )
