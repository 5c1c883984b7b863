"""The bill of materials says all that the lock says, and the same each time."""

from __future__ import annotations

import json
from pathlib import Path

from lock import LockedPackage, parse_lock
from sbom import build_sbom, make_sbom

ROOT = Path(__file__).parents[2]
PROJECT = {"name": "sentinelaura", "version": "1", "description": "a program", "license": "Apache-2.0"}
PARENT = LockedPackage("parent", "1.0", "", ("a" * 64,), ())
CHILD = LockedPackage("child", "2.0", "python_version < '3.12'", ("b" * 64,), ("parent",))


def test_each_package_stands_there_with_files_licence_and_place() -> None:
    licences = {"parent": {"expression": "MIT"}, "child": None}
    bill = build_sbom([PARENT, CHILD], PROJECT, lambda package: licences[package.name])
    parent, child = bill["components"]
    assert (parent["purl"], parent["licenses"]) == ("pkg:pypi/parent@1.0", [{"expression": "MIT"}])
    assert parent["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert "properties" not in parent
    assert "licenses" not in child, "what nobody knows is left out, not made up"
    assert child["properties"][0]["value"] == "python_version < '3.12'"


def test_who_needs_what_begins_with_the_program() -> None:
    bill = build_sbom([PARENT, CHILD], PROJECT, lambda package: None)
    assert {one["ref"]: one["dependsOn"] for one in bill["dependencies"]} == {
        "sentinelaura": [PARENT.purl],
        PARENT.purl: [CHILD.purl],
        CHILD.purl: [],
    }


def test_the_bill_of_this_checkout_is_of_its_lock_and_always_the_same() -> None:
    text = make_sbom()
    bill = json.loads(text)
    locked = parse_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert [one["purl"] for one in bill["components"]] == [package.purl for package in locked]
    refs = {one["bom-ref"] for one in bill["components"]}
    assert {ref for one in bill["dependencies"] for ref in one["dependsOn"]} == refs, (
        "everything is needed by something"
    )
    assert text == make_sbom()
    installed = [one for one in bill["components"] if one["name"] == "aiohttp"]
    assert installed[0]["licenses"] == [{"expression": "Apache-2.0 AND MIT"}]
