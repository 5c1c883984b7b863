"""A check for known vulnerabilities that nobody answered is no clean bill."""

from __future__ import annotations

import json

import audit
import pytest
from audit import NoAnswer, Vulnerability, read_answer, write_rounds
from lock import LockedPackage
from tools import Tools, ToolsUnavailable

FOUND = Vulnerability("aiohttp", "3.14.5", "PYSEC-1", ("3.14.6",))
COMPLAINT = "WARNING: something\nERROR:pip_audit._cli:aiohttp: Dependency not found on PyPI and could not be audited\n"


def locked(name: str, version: str) -> LockedPackage:
    return LockedPackage(name, version, "", ("a" * 64,), ())


def answer(*dependencies: dict[str, object]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_every_version_of_a_package_is_asked_about_whatever_system_it_is_for() -> None:
    packages = [locked("numpy", "2.4"), locked("six", "1.17"), locked("numpy", "2.5")]
    assert write_rounds(packages) == ["numpy==2.4\nsix==1.17\n", "numpy==2.5\n"]


def test_what_is_found_is_told_with_where_it_is_and_what_mends_it() -> None:
    vulns = [{"id": "PYSEC-1", "fix_versions": ["3.14.6"], "aliases": [], "description": ""}]
    found = read_answer(answer({"name": "aiohttp", "version": "3.14.5", "vulns": vulns}), "")
    assert found == [FOUND]
    assert list(audit.describe(found, frozenset({"aiohttp"}))) == [
        "aiohttp 3.14.5: PYSEC-1 (shipped; mended in 3.14.6)"
    ]
    assert "tools only" in next(audit.describe(found, frozenset()))


@pytest.mark.parametrize(
    "output",
    [
        "",
        "not JSON",
        "{}",
        "[]",
        answer(),
        answer({"name": "six", "version": "1", "vulns": []}, {"name": "aiohttp", "skip_reason": "not found"}),
    ],
    ids=["nothing", "words", "empty", "a list", "no packages", "one passed over"],
)
def test_an_answer_that_is_not_about_everything_is_none(output: str) -> None:
    with pytest.raises(NoAnswer):
        read_answer(output, COMPLAINT)


def test_the_next_database_is_asked_where_one_does_not_answer() -> None:
    asked: list[str] = []

    def asking(service: str, requirements: str) -> list[Vulnerability]:
        asked.append(service)
        if service == "pypi":
            raise NoAnswer("no route")
        return [FOUND]

    assert audit.audit([locked("aiohttp", "3.14.5")], asking) == [FOUND]
    assert asked == ["pypi", "osv"]


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([], audit.CLEAN, "known vulnerabilities: 0"),
        ([FOUND], audit.VULNERABLE, "aiohttp 3.14.5: PYSEC-1 (shipped"),
        (
            None,
            audit.NOT_CHECKED,
            "NOT CHECKED for known vulnerabilities, nobody could be asked: pypi: no route; osv: no",
        ),
    ],
    ids=["clean", "vulnerable", "not checked"],
)
def test_the_exit_code_tells_a_clean_bill_from_none(
    found: list[Vulnerability] | None,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(packages: object) -> list[Vulnerability]:
        def asking(service: str, requirements: str) -> list[Vulnerability]:
            if found is None:
                raise NoAnswer("no route")
            return found if requirements.startswith("six") else []

        return real([locked("six", "1"), locked("numpy", "2")], asking)

    real = audit.audit
    monkeypatch.setattr(Tools, "make_ready", lambda tools: None)
    monkeypatch.setattr(audit, "audit", run)
    assert audit.main() == code
    assert said in capsys.readouterr().out


def test_tools_that_cannot_be_installed_leave_it_unchecked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(tools: Tools) -> None:
        raise ToolsUnavailable("pip could not install them")

    monkeypatch.setattr(Tools, "make_ready", fail)
    assert audit.main() == audit.NOT_CHECKED
    assert "NOT CHECKED" in capsys.readouterr().out


def test_what_pip_audit_complains_of_is_said() -> None:
    with pytest.raises(NoAnswer, match="Dependency not found on PyPI"):
        read_answer("", COMPLAINT)
