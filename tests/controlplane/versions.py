"""Which programs a test cluster consists of, and from which Go modules each is built. Data only, no I/O.

The exact versions stand in the `go.mod` files under `programs/`; the strings here name them for people, for the
cache's folders and for the linker, and `test_programs.py` keeps the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROGRAMS_FOLDER = Path(__file__).parent / "programs"

MINIMUM_GO = (1, 26)
"""From the `go` lines of Kubernetes 1.36 and 1.37, etcd 3.6.16 and kwok 0.8."""

KUBERNETES_PARTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one executable is built.

    Attributes:
        program: file name of the executable.
        version: release, without "v".
        folder: the Go module that pins its dependencies.
        modfile: the file in that folder which plays `go.mod`; its checksums stand beside it in `.sum`.
        package: Go package to build.
        names: names by which it is called, when these are not `program` itself.
        linked_variables: (variable, value) pairs that the linker sets; without them Kubernetes calls itself v0.0.0.
    """

    program: str
    version: str
    folder: Path
    modfile: str
    package: str
    names: tuple[str, ...] = ()
    linked_variables: tuple[tuple[str, str], ...] = ()


def describe_kubernetes(version: str, modfile: str) -> Recipe:
    """Return the recipe of one Kubernetes release, its three parts in one executable."""
    major, minor, _ = version.split(".")
    component = "k8s.io/component-base/version"
    return Recipe(
        program="kubernetes",
        version=version,
        folder=PROGRAMS_FOLDER / "kubernetes",
        modfile=modfile,
        package=".",
        names=KUBERNETES_PARTS,
        linked_variables=(
            (f"{component}.gitVersion", f"v{version}"),
            (f"{component}.gitMajor", major),
            (f"{component}.gitMinor", minor),
            (f"{component}.gitTreeState", "clean"),
            (f"{component}.gitCommit", "module"),
            ("k8s.io/client-go/pkg/version.gitVersion", f"v{version}"),
        ),
    )


# Minor release → recipe. The first is what tests get when they ask for none.
KUBERNETES = {
    "1.36": describe_kubernetes("1.36.3", "go.mod"),
    "1.37": describe_kubernetes("1.37.2", "kubernetes-1.37.mod"),
}
ETCD = Recipe("etcd", "3.6.16", PROGRAMS_FOLDER / "etcd", "go.mod", "go.etcd.io/etcd/server/v3")
KWOK = Recipe("kwok", "0.8.0", PROGRAMS_FOLDER / "kwok", "go.mod", "sigs.k8s.io/kwok/cmd/kwok")

DEFAULT_MINOR = "1.36"


def list_recipes(minor: str) -> tuple[Recipe, ...]:
    """Return what a cluster of that minor release needs, the longest build first.

    Raises: KeyError for a release that is not pinned here.
    """
    return (KUBERNETES[minor], KWOK, ETCD)
