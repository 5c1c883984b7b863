"""Read kubeconfig files: which contexts there are, and what each needs to be reached. Never writes one.

A kubeconfig can name programs to run and servers to trust, so the file is judged before it is believed: its
size, its owner and who may write it, and no YAML aliases. One broken context does not spoil the others: it
carries its `problem`. Theory: several files merge as kubectl merges them, the first definition of a name
wins.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from controller.errors import KubeconfigError

#: Largest kubeconfig that is read. A hundred contexts with certificates take about 600 KB.
MAX_KUBECONFIG_BYTES = 1024 * 1024

#: The keys of a kubeconfig that hold paths, relative to the file they stand in.
_CLUSTER_PATHS = ("certificate-authority",)
_USER_PATHS = ("client-certificate", "client-key", "tokenFile")

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class KubeconfigContext:
    """One context: its cluster and user sections, with all file paths made absolute.

    `problem` says why the context cannot be used; None: nothing known against it. Do not log `user`: it holds
    secrets.
    """

    name: str
    path: Path
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]
    namespace: str | None = None
    problem: str | None = None

    @property
    def server(self) -> str:
        """The API server's address, without a slash at its end."""
        return str(self.cluster.get("server") or "").rstrip("/")

    @property
    def exec_plugin(self) -> Mapping[str, Any] | None:
        """The credential plugin that the context wants to run."""
        plugin = self.user.get("exec")
        return plugin if isinstance(plugin, Mapping) else None

    @property
    def skips_tls_verification(self) -> bool:
        """Whether the kubeconfig wants the server's certificate unverified."""
        return bool(self.cluster.get("insecure-skip-tls-verify"))

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
    _check_file(path)
    try:
        text = path.read_text(encoding="utf-8")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_Loader)):
            raise KubeconfigError(
                str(path), "it uses YAML aliases, which no tool writes and which can hide a bomb"
            )
        document = yaml.load(text, Loader=_Loader)
    except (OSError, UnicodeDecodeError) as error:
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


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except OSError as error:
        raise KubeconfigError(str(path), f"it cannot be read: {error}") from error
    if not stat.S_ISREG(status.st_mode):
        raise KubeconfigError(str(path), "it is not a file")
    if status.st_size > MAX_KUBECONFIG_BYTES:
        raise KubeconfigError(str(path), f"it is larger than {MAX_KUBECONFIG_BYTES} bytes")
    if not hasattr(os, "geteuid"):
        return  # Windows: its access lists are not in the mode bits.
    if status.st_uid not in (os.geteuid(), 0):
        raise KubeconfigError(str(path), "it belongs to another user, who could make it run any program")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise KubeconfigError(str(path), f"others may write it; run: chmod go-w {path}")
    if path.is_symlink() and path.resolve().is_relative_to(Path(tempfile.gettempdir()).resolve()):
        raise KubeconfigError(str(path), "it is a link into the temporary directory")


def _merge_contexts(documents: list[tuple[Path, Mapping[str, Any]]]) -> dict[str, KubeconfigContext]:
    clusters: dict[str, dict[str, Any]] = {}
    users: dict[str, dict[str, Any]] = {}
    contexts: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path, document in documents:
        for name, section in _sections(document, "clusters", "cluster", path):
            clusters.setdefault(name, _with_absolute_paths(section, _CLUSTER_PATHS, path))
        for name, section in _sections(document, "users", "user", path):
            users.setdefault(name, _with_absolute_paths(section, _USER_PATHS, path))
        for name, section in _sections(document, "contexts", "context", path):
            contexts.setdefault(name, (path, section))
    return {
        name: _join_context(name, path, section, clusters, users)
        for name, (path, section) in contexts.items()
    }


def _sections(
    document: Mapping[str, Any], plural: str, singular: str, path: Path
) -> list[tuple[str, dict[str, Any]]]:
    entries = document.get(plural) or []
    if not isinstance(entries, list):
        raise KubeconfigError(str(path), f"{plural} is not a list")
    named: list[tuple[str, dict[str, Any]]] = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            raise KubeconfigError(str(path), f"entry {number} of {plural} has no name")
        section = entry.get(singular)
        named.append((entry["name"], dict(section) if isinstance(section, Mapping) else {}))
    return named


def _with_absolute_paths(section: dict[str, Any], keys: tuple[str, ...], path: Path) -> dict[str, Any]:
    base = path.resolve().parent
    return {k: str(base / v) if k in keys and isinstance(v, str) and v else v for k, v in section.items()}


def _join_context(
    name: str,
    path: Path,
    section: Mapping[str, Any],
    clusters: Mapping[str, dict[str, Any]],
    users: Mapping[str, dict[str, Any]],
) -> KubeconfigContext:
    cluster = clusters.get(str(section.get("cluster")))
    user_name = section.get("user")
    user = users.get(str(user_name)) if user_name else {}
    problem = None
    if cluster is None:
        problem = f"the context names the cluster {section.get('cluster')!r}, which is not in the file"
    elif not str(cluster.get("server") or "").startswith(("https://", "http://")):
        problem = "its cluster has no server address that begins with https:// or http://"
    elif user is None:
        problem = f"the context names the user {user_name!r}, which is not in the file"
    namespace = section.get("namespace")
    return KubeconfigContext(
        name=name,
        path=path,
        cluster=cluster or {},
        user=user or {},
        namespace=str(namespace) if namespace else None,
        problem=problem,
    )
