"""`sentinelaura ledger at` tells what was armed, under way and moved at a moment, and what cannot be known."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from msgspec import structs

from app.commands.failures import CommandFailed
from app.exit_codes import ExitCode
from app.moments import format_iso
from controller.history.events import ContextArmed, ContextDisarmed, EngineStopped, MoveOffered
from oracle.market import Offering
from oracle.quotes import PriceMode, Quote
from tests.controller.history.histories import CHECKOUT, NOW, Installation, entered, started

HOUR_S = 3600.0
M5 = Offering("aws", "eu-west-3", "m5.large")
QUOTE = Quote("paris", M5, Decimal("0.0912"), NOW, NOW, NOW + 60, "prices.csv", PriceMode.LIVE)


@pytest.fixture
def day(installation: Installation) -> Installation:
    """Hour by hour: paris is armed, a move begins, waits, paris is disarmed, the program ends."""
    hours = (
        ContextArmed("paris"),
        started("m2"),
        entered("HOLD", "m2"),
        ContextDisarmed("paris"),
        EngineStopped(),
    )
    with installation.run() as history:
        history.sample_prices([QUOTE])
        for event in hours:
            installation.clock.now += HOUR_S
            history.record(event)
    return installation


def sections(out: str) -> dict[str, list[str]]:
    """Heading -> its lines."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in out.splitlines()[1:]:
        heading = line[:14].strip() or heading
        found.setdefault(heading, []).append(line[14:])
    return found


def test_a_moment_says_what_was_armed_running_and_moved(day: Installation, ledger) -> None:
    code, out, _ = ledger("at", format_iso(NOW + 2 * HOUR_S))
    assert code == ExitCode.OK
    assert out.startswith("2026-09-21 16:13:20 UTC\n")
    told = sections(out)
    assert (told["armed"], told["held"]) == (["paris"], ["none"])
    assert told["running"] == [f"Moving {CHECKOUT} to osaka (6 replicas)"]
    assert told["moved"] == [f"{CHECKOUT} -> osaka, at 2026-09-21 14:13:20 UTC"]


def test_an_age_counts_from_now_and_what_waits_is_held(day: Installation, ledger) -> None:
    told = sections(ledger("at", "90m")[1])
    assert (told["armed"], told["running"], told["held"]) == (
        ["paris"],
        ["none"],
        [f"{CHECKOUT}: It goes on"],
    )
    assert sections(ledger("at", "1h")[1])["armed"] == ["none"]


def test_prices_of_the_moment_are_told_and_those_that_are_too_old_are_not(day: Installation, ledger) -> None:
    said = sections(ledger("at", format_iso(NOW + 600))[1])["price"]
    assert said == ["aws/eu-west-3/m5.large (spot): $0.0912/h, live (prices.csv)"]
    assert sections(ledger("at", "1h")[1])["price"] == ["none"]


def test_what_a_program_without_an_end_had_armed_is_told_as_a_doubt(
    installation: Installation, ledger
) -> None:
    with installation.run() as history:
        history.record(ContextArmed("tokyo"))
    installation.clock.now += HOUR_S
    told = sections(ledger("at", "1m")[1])
    assert told["armed"] == ["none"]
    assert told["perhaps armed"] == [
        "tokyo (by a program last heard of at 2026-09-21 14:13:20 UTC, whose end nobody saw)"
    ]


def test_programs_get_the_moment_as_one_document(day: Installation, ledger) -> None:
    with day.run() as history:
        history.record(MoveOffered(CHECKOUT, "tokyo", None, None, 24.0))
        history.sample_prices([structs.replace(QUOTE, confirmed_at=day.clock.now)])
        day.clock.now += 60
        history.record(EngineStopped())
    document = json.loads(ledger("at", "10s", "--json")[1])
    [held], [moved], [price] = document["held"], document["moved"], document["prices"]
    assert (held["migration_id"], held["phase"], held["started_at"]) == ("m2", "HOLD", NOW + 2 * HOUR_S)
    assert (moved["workload"], moved["target"], moved["ended_at"]) == (str(CHECKOUT), "osaka", NOW)
    assert document["offered"] == [{"workload": str(CHECKOUT), "target": "tokyo"}]
    assert (price["region"], price["mode"], price["usd_per_hour"]) == ("eu-west-3", "live", 0.0912)
    assert (document["armed"], document["running"], document["has_prices"]) == ([], [], True)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2027-01-01", "2027-01-01 00:00:00 UTC has not come yet"),
        ("30d", "the history begins at 2026-09-21 14:13:20"),
    ],
)
def test_a_moment_of_which_nothing_can_be_known_is_bad_input(moment: str, said: str, ledger) -> None:
    with pytest.raises(CommandFailed, match=said) as failed:
        ledger("at", moment)
    assert failed.value.code == ExitCode.BAD_INPUT


def test_what_is_no_moment_is_bad_input(ledger, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        ledger("at", "yesterday")
    assert ended.value.code == ExitCode.BAD_INPUT
    assert "argument TIME: 'yesterday' is not a moment like 2026-07-22T14:16Z" in capsys.readouterr().err
