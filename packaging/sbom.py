"""The bill of materials of what is shipped, in the form of CycloneDX 1.6: `python packaging/sbom.py FILE`.

Made from the lock: each package with its files' hashes, who needs it and where it is installed; its licence is what the
installed package says. The same lock gives the same bill, byte for byte.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from lock import LockedPackage, parse_lock

ROOT = Path(__file__).parents[1]
_SELF = "sentinelaura"


def find_licence(package: LockedPackage) -> dict[str, Any] | None:
    """Return what the installed package says, as CycloneDX has it; None where it is not installed or says nothing."""
    try:
        found = metadata(package.name)
    except PackageNotFoundError:
        return None
    if found["Version"] != package.version:
        return None
    if expression := found["License-Expression"]:
        return {"expression": expression}
    named = (found["License"] or "").strip().split("\n")[0]
    return {"license": {"name": named}} if named else None


def build_sbom(
    packages: Iterable[LockedPackage],
    project: dict[str, Any],
    licence_of: Callable[[LockedPackage], dict[str, Any] | None] = find_licence,
) -> dict[str, Any]:
    """Return the document. `project`: the table of that name in pyproject.toml."""
    packages = tuple(packages)
    component = {
        "type": "application",
        "bom-ref": _SELF,
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
        "licenses": [{"expression": project["license"]}],
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component},
        "components": [_describe(package, licence_of(package)) for package in packages],
        "dependencies": _list_dependencies(packages),
    }


def _describe(package: LockedPackage, licence: dict[str, Any] | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "hashes": [{"alg": "SHA-256", "content": one} for one in package.hashes],
    }
    if licence is not None:
        described["licenses"] = [licence]
    if package.marker:
        described["properties"] = [{"name": "sentinelaura:installed-where", "value": package.marker}]
    return described


def _list_dependencies(packages: tuple[LockedPackage, ...]) -> list[dict[str, Any]]:
    """Who needs what: the lock says of each package who needs it."""
    needs: dict[str, list[str]] = {_SELF: [one.purl for one in packages if not one.needed_by]}
    for package in packages:
        needs[package.purl] = [other.purl for other in packages if package.name in other.needed_by]
    return [{"ref": ref, "dependsOn": sorted(needed)} for ref, needed in needs.items()]


def make_sbom() -> str:
    """Return the bill of this checkout's lock, as it is shipped."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = parse_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    return json.dumps(build_sbom(packages, project), indent=1) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(make_sbom(), encoding="utf-8")
