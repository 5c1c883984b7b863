"""Is there a known vulnerability in a locked package? `python3 packaging/audit.py` asks public databases by pip-audit.

Exit codes: 0 none is known, 1 some are, 3 nobody could be asked. The last is no clean bill: it says so, and why. Every
package of the locks is asked about, those of other systems and Python versions too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lock import LockedPackage, parse_lock
from tools import TOOLS, ToolsUnavailable

ROOT = Path(__file__).parents[1]
#: The second lock contains every line of the first, which is what is shipped.
SHIPPED, ALL = "requirements.lock", "requirements-test.lock"
#: Databases, asked one after the other until one answers about everything.
SERVICES = ("pypi", "osv")
CLEAN, VULNERABLE, NOT_CHECKED = 0, 1, 3


class NoAnswer(Exception):
    """No database has answered about every package; the text says what was said instead."""


@dataclass(frozen=True)
class Vulnerability:
    """A known one, by its number, and the versions that have it no more."""

    package: str
    version: str
    number: str
    mended_in: tuple[str, ...]


def write_rounds(packages: Iterable[LockedPackage]) -> list[str]:
    """Return requirements without markers, each package once in each: a lock may have several versions of one."""
    rounds: list[dict[str, str]] = []
    for package in packages:
        free = next((one for one in rounds if package.name not in one), None)
        if free is None:
            rounds.append(free := {})
        free[package.name] = package.version
    return ["".join(f"{name}=={version}\n" for name, version in one.items()) for one in rounds]


def read_answer(output: str, complaint: str) -> list[Vulnerability]:
    """Return what pip-audit has found. Raises: NoAnswer, also where it has passed over a package."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = [line for line in complaint.splitlines() if line.strip()]
        raise NoAnswer(lines[-1] if lines else "no answer") from None
    passed_over = [one["name"] for one in packages if "vulns" not in one]
    if passed_over or not packages:
        raise NoAnswer(f"not looked at: {', '.join(passed_over) or 'everything'}")
    return [
        Vulnerability(one["name"], one["version"], found["id"], tuple(found["fix_versions"]))
        for one in packages
        for found in one["vulns"]
    ]


def ask(service: str, requirements: str) -> list[Vulnerability]:
    """Ask one database about one list of packages. Raises: NoAnswer."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "requirements.txt"
        file.write_text(requirements, encoding="utf-8")
        command = [str(TOOLS.python), "-I", "-m", "pip_audit", "--strict", "--disable-pip", "--no-deps",
                   "--progress-spinner", "off", "--format", "json", "--vulnerability-service", service,
                   "--requirement", str(file)]  # fmt: skip
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return read_answer(asked.stdout, asked.stderr)


def audit(
    packages: Iterable[LockedPackage], asking: Callable[[str, str], list[Vulnerability]] = ask
) -> list[Vulnerability]:
    """Return all that the first database that answers knows of. Raises: NoAnswer with what each has said."""
    rounds, complaints = write_rounds(packages), []
    for service in SERVICES:
        try:
            return [found for requirements in rounds for found in asking(service, requirements)]
        except NoAnswer as error:
            complaints.append(f"{service}: {error}")
    raise NoAnswer("; ".join(complaints))


def describe(found: Iterable[Vulnerability], shipped: frozenset[str]) -> Iterator[str]:
    """Return a line for each, with what has it: the program, or only what builds and tests it."""
    for one in found:
        where = "shipped" if one.package in shipped else "tools only"
        mended = f"mended in {', '.join(one.mended_in)}" if one.mended_in else "not mended yet"
        yield f"{one.package} {one.version}: {one.number} ({where}; {mended})"


def main() -> int:
    """Audit the locks of this checkout."""
    packages = parse_lock((ROOT / ALL).read_text(encoding="utf-8"))
    shipped = parse_lock((ROOT / SHIPPED).read_text(encoding="utf-8"))
    try:
        TOOLS.make_ready()
        found = audit(packages)
    except (NoAnswer, ToolsUnavailable) as error:
        print(f"NOT CHECKED for known vulnerabilities, nobody could be asked: {error}")
        return NOT_CHECKED
    for line in describe(found, frozenset(package.name for package in shipped)):
        print(line)
    print(f"known vulnerabilities: {len(found)}; packages that were asked about: {len(packages)}")
    return VULNERABLE if found else CLEAN


if __name__ == "__main__":
    sys.exit(main())
