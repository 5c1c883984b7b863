"""`sentinelaura prices`: what a file holds, whether it can be used, and the same in our columns."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app.arguments import build_parser
from app.commands.prices import run_prices
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from oracle.errors import PriceFileError
from oracle.sources.price_file import load_table
from tests.oracle.sources.price_texts import HEADER, prices_of

ROW = "2026-07-22T12:00:00Z,aws,us-east-1,m5.2xlarge,spot,"
OTHER = ROW.replace("us-east-1", "us-west-2")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "prices.csv"


def run(*arguments: str, **choices: Any) -> int:
    given = build_parser().parse_args(["prices", *arguments])
    return asyncio.run(run_prices(given, Configuration(**choices)))


def check(path: Path, capsys: pytest.CaptureFixture[str], **choices: Any) -> tuple[int, dict[str, Any]]:
    code = run("check", str(path), "--json", **choices)
    return code, json.loads(capsys.readouterr().out)


def test_file_with_one_price_that_can_be_believed_can_be_used(path: Path, capsys) -> None:
    path.write_text(f"{HEADER}\n{ROW}0.1613\n{OTHER}n/a\n")
    code, document = check(path, capsys)
    assert code == ExitCode.OK
    [problem] = document.pop("problems")
    assert document == {
        "format": "columns",
        "read": 1,
        "unknown": 1,
        "offerings": 1,
        "currency": "USD",
        "from": "2026-07-22T12:00:00Z",
        "to": "2026-07-22T12:00:00Z",
    }
    assert (problem["line"], problem["reason"]["code"]) == (3, "price_not_a_number")
    assert problem["reason"]["sentence"] == "usd_per_hour is 'n/a', not a number"


@pytest.mark.parametrize(
    ("content", "kind", "line", "code"),
    [
        (b"", None, None, "price_file_empty"),
        (b"<html>", None, 1, "price_file_is_page"),
        (f"{HEADER}\n{ROW}free\n".encode(), "columns", 2, "price_not_a_number"),
    ],
)
def test_file_that_cannot_be_used_is_bad_input_with_the_same_keys(
    path: Path, capsys, content: bytes, kind: str | None, line: int | None, code: str
) -> None:
    path.write_bytes(content)
    exit_code, document = check(path, capsys)
    assert exit_code == ExitCode.BAD_INPUT
    assert list(document) == ["format", "read", "unknown", "offerings", "from", "to", "currency", "problems"]
    assert (document["format"], document["read"]) == (kind, 0)
    assert [(problem["line"], problem["reason"]["code"]) for problem in document["problems"]] == [
        (line, code)
    ]
    with pytest.raises(PriceFileError):
        run("check", str(path))


@pytest.mark.parametrize(
    ("lines", "code", "usable"),
    [
        ((), "price_file_without_prices", False),
        (("2026-07-22T14:00:00Z,aws,us-east-1,m5.2xlarge,on_demand,0.384",), "prices_without_spot", True),
        (
            (
                "2026-04-01T00:00:00Z,aws,us-east-1,m5.2xlarge,spot,0.16",
                "2026-05-21T00:00:00Z,aws,us-east-1,m5.2xlarge,spot,0.17",
            ),
            "recording_gap",
            True,
        ),
    ],
    ids=["no row", "no spot", "a gap of fifty days"],
)
def test_what_is_to_be_known_of_the_whole_file_has_no_line(
    path: Path, capsys, lines: tuple[str, ...], code: str, usable: bool
) -> None:
    path.write_text("".join(f"{line}\n" for line in (HEADER, *lines)))
    exit_code, document = check(path, capsys)
    assert (exit_code == ExitCode.OK) is usable
    assert [(problem["line"], problem["reason"]["code"]) for problem in document["problems"]] == [
        (None, code)
    ]


def test_price_in_cents_is_not_believed(path: Path, capsys) -> None:
    path.write_text(f"{HEADER}\n{ROW}16.13\n{OTHER}0.1431\n")
    code, document = check(path, capsys)
    assert (code, document["read"], document["unknown"]) == (ExitCode.OK, 1, 1)
    assert (
        "no m5.2xlarge costs more than 10 times its list price"
        in document["problems"][0]["reason"]["sentence"]
    )


def test_person_gives_the_rate_of_a_currency(path: Path, capsys) -> None:
    path.write_text(f"{HEADER},currency\n{ROW}0.10,EUR\n")
    assert check(path, capsys)[0] == ExitCode.BAD_INPUT
    code, document = check(path, capsys, rates=frozenset({"EUR=1.08"}))
    assert (code, document["read"], document["currency"]) == (ExitCode.OK, 1, "EUR")


def test_what_is_converted_says_the_same(path: Path, tmp_path: Path, capsys) -> None:
    path.write_text(
        "time;AZ;vm size;cloud;region;capacity-type;os;price per hour;currency;confirmed at;valid_until\n"
        "1784721600123;us-east-1a;m5.large;AWS;;Spot;Windows;0,1613;USD;2026-07-23;\n"
        "2026-07-22;;D8s_v5;azure;West Europe;on-demand;linux;;USD;;2029-01-01\n"
    )
    out = tmp_path / "out.csv"
    assert run("convert", str(path), str(out)) == ExitCode.OK
    said = capsys.readouterr()
    assert said.out == f"{out}: 1 price of 1 offering\n"
    assert "line 3: price_per_hour is empty; this row has no price" in said.err
    assert out.read_text().splitlines() == [
        "observed_at,provider,region,instance_type,capacity_type,operating_system,zone,usd_per_hour,confirmed_at,valid_until",
        "2026-07-22T00:00:00Z,azure,westeurope,Standard_D8s_v5,on_demand,linux,,,,2029-01-01T00:00:00Z",
        "2026-07-22T12:00:00.123000Z,aws,us-east-1,m5.large,spot,windows,us-east-1a,0.1613,2026-07-23T00:00:00Z,",
    ]
    again = load_table(str(out))
    assert prices_of(again) == prices_of(load_table(str(path)))


def test_nothing_is_written_over_and_nothing_without_a_price(path: Path, tmp_path: Path) -> None:
    path.write_text(f"{HEADER}\n{ROW}0.10\n")
    with pytest.raises(PriceFileError, match="is there already"):
        run("convert", str(path), str(path))
    assert path.read_text() == f"{HEADER}\n{ROW}0.10\n"
    path.write_text(f"{HEADER}\n{ROW}\n")
    with pytest.raises(PriceFileError, match="line 2: usd_per_hour is empty"):
        run("convert", str(path), str(tmp_path / "out.csv"))
    assert not (tmp_path / "out.csv").exists()


def test_nothing_that_a_file_says_steers_a_terminal(path: Path, capsys) -> None:
    path.write_text(f"{HEADER}\n{ROW}\x1b[31m\u202e0.1\n{OTHER}0.10\n")
    assert run("check", str(path)) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
