"""Finds the programs of a test cluster, or has them built: who asked gets paths of executables.

Order of the search: `KUBEBUILDER_ASSETS` (a folder with kube-apiserver, kube-controller-manager, kube-scheduler, etcd
and kwok, the convention of envtest), then the user's cache, then a build. The cache's key is program, version,
a digest of what pins the build, Go version and platform; where Go is absent, any Go version's executable will do.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from tests.controlplane.compilation import Report, compile_program, find_go, read_go_version
from tests.controlplane.errors import ProgramsMissing
from tests.controlplane.versions import KUBERNETES_PARTS, Recipe, list_recipes

ASSETS_VARIABLE = "KUBEBUILDER_ASSETS"


Programs = dict[str, Path]
"""Program name → executable: "etcd", "kwok" and the three parts of Kubernetes."""


def provide_programs(minor: str, report: Report) -> Programs:
    """Return the programs of a minor release such as "1.36", building what is missing.

    Raises: ProgramsMissing (nothing built, no Go), BuildFailed, KeyError for a release that is not pinned.
    """
    if not (sys.platform.startswith("linux") or sys.platform == "darwin"):
        raise ProgramsMissing("Test clusters run on Linux and macOS only.")
    if ASSETS_VARIABLE in os.environ:
        return find_assets(Path(os.environ[ASSETS_VARIABLE]))
    programs: Programs = {}
    for recipe in list_recipes(minor):
        executable = find_built(recipe) or build_locked(recipe, report)
        programs |= {name: executable.parent / name for name in recipe.names or (recipe.program,)}
    return programs


def find_assets(folder: Path) -> Programs:
    """Return the programs in a folder that somebody else filled.

    Raises: ProgramsMissing naming every absent one.
    """
    paths = {name: folder / name for name in (*KUBERNETES_PARTS, "etcd", "kwok")}
    absent = [name for name, path in paths.items() if not path.is_file()]
    if absent:
        raise ProgramsMissing(
            f"{ASSETS_VARIABLE} names {folder}, which lacks {', '.join(absent)}: add them or unset the variable."
        )
    return paths


def find_built(recipe: Recipe) -> Path | None:
    """Return the executable in the cache, or None. Without a Go client the newest of any Go version."""
    go = find_go()
    if go is not None:
        path = locate_executable(recipe, read_go_version(go))
        return path if path.is_file() else None
    candidates = locate_folder(recipe).glob(f"*-{name_platform()}/{recipe.program}")
    return max(candidates, key=lambda path: path.stat().st_mtime, default=None)


def build_locked(recipe: Recipe, report: Report) -> Path:
    """Build one program unless another process did so while we waited for it.

    Raises: ProgramsMissing, BuildFailed.
    """
    go = find_go()
    if go is None:
        raise ProgramsMissing(
            f"{recipe.program} {recipe.version} is not built and Go is not installed: install Go 1.26 or newer "
            "(https://go.dev/dl) and run `python -m tests.controlplane build`."
        )
    executable = locate_executable(recipe, read_go_version(go))
    with hold_lock(locate_folder(recipe) / "lock"):
        if not executable.is_file():
            link_names(recipe, executable)  # first: an executable without its names would count as built
            compile_program(go, recipe, executable, report)
    return executable


def link_names(recipe: Recipe, executable: Path) -> None:
    """Give the executable, which need not exist yet, the names by which it is called."""
    executable.parent.mkdir(parents=True, exist_ok=True)
    for name in recipe.names:
        link = executable.parent / name
        link.unlink(missing_ok=True)
        link.symlink_to(executable.name)


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Keep other processes out while the block runs; the kernel frees the lock if we die."""
    import fcntl  # not on Windows, where nobody gets as far as here

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def locate_executable(recipe: Recipe, go_version: str) -> Path:
    """Return where the executable built by that Go belongs, whether it exists or not."""
    return locate_folder(recipe) / f"{go_version}-{name_platform()}" / recipe.program


def locate_folder(recipe: Recipe) -> Path:
    """Return the folder of all builds of one recipe; another pin or linker variable is another folder."""
    digest = hashlib.sha256(repr((recipe.package, recipe.linked_variables)).encode())
    modfile = recipe.folder / recipe.modfile
    for path in (modfile, modfile.with_suffix(".sum"), *sorted(recipe.folder.glob("*.go"))):
        digest.update(path.read_bytes())
    return locate_cache() / f"{recipe.program}-{recipe.version}-{digest.hexdigest()[:12]}"


def locate_cache() -> Path:
    """Return the user's cache folder for these programs (`XDG_CACHE_HOME` is honoured)."""
    return platformdirs.user_cache_path("sentinelaura") / "controlplane"


def name_platform() -> str:
    """Return for example "linux-x86_64"."""
    return f"{sys.platform}-{platform.machine()}"
