"""Read kubeconfig files: which contexts there are, and what each needs to be reached. Never writes one.

A kubeconfig can name programs to run and servers to trust, so a file that others could have written is not believed,
and what is believed is read within bounds. One broken file, entry or context does not spoil the others: a context
carries its `problem`. Theory: several files merge as kubectl merges them, the first definition of a name wins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from controller.clusters.bounded_yaml import YamlError, YamlMap, find_repeated, read_yaml
from controller.clusters.kubeconfig_entries import ClusterEntry, ExecPlugin, UserEntry
from controller.clusters.kubeconfig_fields import (
    FieldError,
    Section,
    parse_cluster,
    parse_user,
    resolve_server,
)
from controller.clusters.kubeconfig_reasons import KubeconfigCode, at_line
from controller.errors import KubeconfigError
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.trusted_file import UntrustedFile, read_trusted
from oracle.foundation.untrusted_text import clean_text

#: Largest kubeconfig that is read. A thousand contexts with certificates take 6 MB.
MAX_KUBECONFIG_BYTES = 8 * 1024 * 1024

#: What stands at the top of a kubeconfig; the current context is nobody's choice here.
_TOP_FIELDS = frozenset(
    {"apiVersion", "kind", "clusters", "users", "contexts", "current-context", "preferences", "extensions"}
)


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
    problem: Reason | None = None
    notes: tuple[Reason, ...] = ()

    @property
    def exec_plugin(self) -> ExecPlugin | None:
        """The credential plugin that the context wants to run."""
        return self.user.exec_plugin

    @property
    def receivers(self) -> tuple[str, ...]:
        """The addresses that a credential is sent to or through: the server's, and that of a proxy of the file."""
        proxy = self.cluster.proxy_url
        return (self.server,) if proxy is None else (self.server, proxy)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files beside the kubeconfig that it is made of."""
        pems = (self.cluster.authority, self.user.certificate, self.user.key)
        named = [pem.file for pem in pems if pem is not None]
        return tuple(file for file in (*named, self.user.token_file) if file is not None)

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
    #: What was passed over: files that cannot be read, entries without a name, fields that nobody knows.
    notes: tuple[Reason, ...] = ()
    #: Files that could not be read; a note says why.
    unread: tuple[Path, ...] = ()

    @property
    def label(self) -> str:
        """The files, for messages."""
        return _label(self.paths)


def split_kubeconfig_paths(listed: str) -> tuple[Path, ...]:
    """Split a list of files as kubectl's KUBECONFIG writes it (`:` between them, `;` on Windows)."""
    return tuple(Path(part).expanduser() for part in listed.split(os.pathsep) if part)


def read_kubeconfig(paths: Iterable[Path | str]) -> Kubeconfig:
    """Read and merge the files; of several, missing ones are skipped as kubectl does.

    A file that cannot be read is a note where another one has contexts.
    Raises: KubeconfigError where no file exists, or none has contexts.
    """
    wanted = tuple(Path(path).expanduser() for path in paths)
    present = tuple(path for path in wanted if os.path.lexists(path))
    if not present:
        label = os.pathsep.join(str(path) for path in wanted) or "(none)"
        raise _refuse(label, KubeconfigCode.FILE_MISSING.because())
    merging = _Merging()
    errors: dict[Path, KubeconfigError] = {}
    for path in present:
        try:
            merging.add(path, _load_document(path))
        except KubeconfigError as error:
            errors[path] = error
    contexts = merging.join()
    if not contexts:
        raise next(iter(errors.values()), _refuse(_label(present), KubeconfigCode.NO_CONTEXTS.because()))
    return Kubeconfig(
        present, contexts, (*(error.reason for error in errors.values()), *merging.notes), tuple(errors)
    )


def _refuse(path: Path | str, problem: Reason) -> KubeconfigError:
    return KubeconfigError(Code.KUBECONFIG_REFUSED.because(path=str(path), problem=problem))


def _label(paths: Iterable[Path]) -> str:
    return os.pathsep.join(map(str, paths))


def _load_document(path: Path) -> YamlMap:
    """Read a file; an empty one is a kubeconfig without contexts. Raises: KubeconfigError."""
    try:
        document = read_yaml(read_trusted(path, MAX_KUBECONFIG_BYTES).decode("utf-8-sig"))
    except UntrustedFile as error:
        raise _refuse(path, KubeconfigCode.FILE_REFUSED.because(problem=error.reason)) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _refuse(path, at_line(line, KubeconfigCode.NOT_UTF8.because())) from None
    except YamlError as error:
        raise _refuse(path, error.reason) from error
    if document is None:
        return YamlMap(1)
    if not isinstance(document, YamlMap):
        raise _refuse(path, KubeconfigCode.NO_MAPPING.because())
    if document.repeated is not None:
        name, line = document.repeated
        raise _refuse(path, at_line(line, _stands_twice(name)))
    return document


class _Merging:
    """Files being merged: the first that defines a name wins, with all that it says of it."""

    def __init__(self) -> None:
        self._clusters: dict[str, ClusterEntry | FieldError] = {}
        self._users: dict[str, UserEntry | FieldError] = {}
        self._contexts: dict[str, tuple[Path, object]] = {}
        self.notes: list[Reason] = []

    def add(self, path: Path, document: YamlMap) -> None:
        """Take a file's entries. Raises: KubeconfigError."""
        # Where the name that was given lies, not where a link leads: so client-go counts.
        folder = path.absolute().parent
        clusters, users, contexts = (
            self._named(document, plural, path) for plural in ("clusters", "users", "contexts")
        )
        for name, entry in clusters.items():
            self._clusters.setdefault(name, _try_parse(parse_cluster, entry, "cluster", path, folder))
        for name, entry in users.items():
            self._users.setdefault(name, _try_parse(parse_user, entry, "user", path, folder))
        for name, entry in contexts.items():
            self._contexts.setdefault(name, (path, entry))
        self.notes.extend(
            KubeconfigCode.FIELD_PASSED_OVER.because(path=str(path), name=clean_text(name, 60))
            for name in document
            if name not in _TOP_FIELDS
        )

    def join(self) -> dict[str, KubeconfigContext]:
        """All contexts with what they name."""
        return {
            name: _join_context(name, path, entry, self._clusters, self._users)
            for name, (path, entry) in self._contexts.items()
        }

    def _named(self, document: YamlMap, plural: str, path: Path) -> dict[str, object]:
        """Name -> its entry; one that stands twice in a file is neither."""
        entries = document.get(plural) or []
        if not isinstance(entries, list):
            raise _refuse(path, KubeconfigCode.NO_LIST.because(section=plural))
        named: dict[str, object] = {}
        for number, entry in enumerate(entries, start=1):
            name = entry.get("name") if isinstance(entry, YamlMap) else None
            if not isinstance(name, str) or not name:
                line = entry.line if isinstance(entry, YamlMap) else None
                self.notes.append(_pass_over(path, line, number, plural))
            elif name in named:
                twice = KubeconfigCode.NAME_TWICE.because(section=plural, name=clean_text(name))
                named[name] = _place(twice, entry.line, path)
            else:
                named[name] = entry
        return named


def _pass_over(path: Path, line: int | None, number: int, section: str) -> Reason:
    if line is None:
        return KubeconfigCode.ENTRY_PASSED_OVER.because(path=str(path), number=number, section=section)
    return KubeconfigCode.LINE_PASSED_OVER.because(path=str(path), line=line, number=number, section=section)


_Entry = TypeVar("_Entry", ClusterEntry, UserEntry)


def _try_parse(
    parse: Callable[[object, Path], _Entry], entry: object, singular: str, path: Path, folder: Path
) -> _Entry | FieldError:
    """An entry that cannot be used is in the way of the contexts that name it, and of no other."""
    try:
        return parse(_take_fields(entry, singular, path), folder)
    except FieldError as error:
        return _locate(error, entry, path)


def _take_fields(entry: object, singular: str, path: Path) -> object:
    if isinstance(entry, FieldError):
        raise entry
    assert isinstance(entry, YamlMap)
    if repeated := find_repeated(entry):
        raise _place(_stands_twice(repeated[0]), repeated[1], path)
    return entry.get(singular)


def _stands_twice(name: str) -> Reason:
    return KubeconfigCode.KEY_TWICE.because(name=clean_text(name, 60))


def _place(reason: Reason, line: int, path: Path) -> FieldError:
    placed = KubeconfigCode.PLACED.because(problem=reason, line=line, path=str(path))
    return FieldError(placed, is_placed=True)


def _locate(error: FieldError, entry: object, path: Path) -> FieldError:
    if error.is_placed or not isinstance(entry, YamlMap):
        return error
    return _place(error.reason, entry.line, path)


def _join_context(
    name: str,
    path: Path,
    entry: object,
    clusters: Mapping[str, ClusterEntry | FieldError],
    users: Mapping[str, UserEntry | FieldError],
) -> KubeconfigContext:
    try:
        section = Section("the context", _take_fields(entry, "context", path))
        cluster_name, user_name = section.text("cluster"), section.text("user")
        namespace = section.text("namespace")
        cluster = _find_entry("cluster", cluster_name, clusters)
        user = _find_entry("user", user_name, users) if user_name is not None else UserEntry()
        server = resolve_server(cluster, user)
        _refuse_open_credential(server, user)
    except FieldError as error:
        return KubeconfigContext(name, path, server="", problem=_locate(error, entry, path).reason)
    return KubeconfigContext(name, path, server, cluster, user, namespace, notes=_find_notes(section))


def _find_entry(kind: str, name: str | None, entries: Mapping[str, _Entry | FieldError]) -> _Entry:
    entry = entries.get(name) if name is not None else None
    if entry is None:
        raise FieldError(KubeconfigCode.ENTRY_MISSING.because(kind=kind, name=name))
    if isinstance(entry, FieldError):
        raise entry
    return entry


def _refuse_open_credential(server: str, user: UserEntry) -> None:
    """Whoever listens on the way would have it, on loopback as well: any local program may take a port."""
    if server.startswith("http://") and user.has_credential:
        raise FieldError(KubeconfigCode.SENT_IN_CLEAR.because(server=server))


def _find_notes(section: Section) -> tuple[Reason, ...]:
    section.ignore("extensions")
    return tuple(KubeconfigCode.CONTEXT_FIELD_PASSED_OVER.because(name=name) for name in section.left_over())
