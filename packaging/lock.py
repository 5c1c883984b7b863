"""Reads a lock of ours: what is installed, where, with which files, and what asked for it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A requirement begins its line: name==version, perhaps a marker, then one --hash for each file, then who wants it.
_REQUIREMENT = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\\n]+?))? \\\n"
    r"(?P<hashes>(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
    r"(?P<comment>(?: +#.*(?:\n|\Z))*)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class LockedPackage:
    """A package in one version. `marker`: where it is installed, empty for everywhere."""

    name: str
    version: str
    marker: str
    #: SHA-256 of each file that is accepted for it.
    hashes: tuple[str, ...]
    #: The packages that need it; empty where the project itself does.
    needed_by: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its name in the world, as vulnerability databases and SBOMs use it."""
        return f"pkg:pypi/{self.name}@{self.version}"


def parse_lock(text: str) -> tuple[LockedPackage, ...]:
    """Return the packages of a lock, in its order. Raises: ValueError where a line is not understood."""
    packages = tuple(map(_read, _REQUIREMENT.finditer(text)))
    wanted = len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
    if len(packages) != wanted:
        raise ValueError(f"the lock has {wanted} packages, {len(packages)} of them were understood")
    return packages


def _read(match: re.Match[str]) -> LockedPackage:
    words = re.findall(r"[\w.-]+", match["comment"].replace("# via", ""))
    return LockedPackage(
        _normalize(match["name"]),
        match["version"],
        match["marker"] or "",
        tuple(re.findall(r"sha256:([0-9a-f]{64})", match["hashes"])),
        tuple(_normalize(word) for word in words if word not in ("sentinelaura", "pyproject.toml")),
    )


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
