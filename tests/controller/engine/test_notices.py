"""What a person is told for as long as it lasts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.clusters.fleet import FleetPicture
from controller.contract.snapshots import PriceOrigin
from controller.engine.notices import collect_notices, tell_stop
from controller.migration.protocol.states import Phase
from controller.reasons import Code
from oracle.foundation.reason import Severity
from oracle.reasons import OracleCode
from tests.controller.migration.facts import side
from tests.controller.migration.records import record
from tests.controller.migration.run.test_migration_views import view_of
from tests.oracle.statuses import REMOTE


def told(status=REMOTE, origin=PriceOrigin.LIVE, *, needs_live_prices=True):
    """Notices by their keys."""
    found = collect_notices(status, FleetPicture({}), (), origin, needs_live_prices=needs_live_prices)
    return {notice.key: notice for notice in found}


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        (PriceOrigin.SIMULATED, Code.PLANNED_ON_SIMULATED),
        (PriceOrigin.RECORDED, Code.PLANNED_ON_RECORDED),
        (PriceOrigin.MIXED, Code.PLANNED_ON_MIXED),
    ],
)
def test_prices_of_real_clusters_that_are_not_live_are_told_whoever_says_them(origin, code):
    notice = told(origin=origin)[code]
    assert notice.reason == code.because()
    assert notice.severity is Severity.WARNING
    assert told(origin=origin, needs_live_prices=False) == {}


@pytest.mark.parametrize("origin", [PriceOrigin.LIVE, PriceOrigin.UNKNOWN])
def test_nothing_is_called_simulated_that_is_not(origin):
    assert told(replace(REMOTE, source="simulated market"), origin) == {}


def test_prices_of_another_market_than_ones_own_are_a_warning():
    other = OracleCode.OTHER_MARKET.because(generator="process 7", own_source="replay")
    notice = told(replace(REMOTE, displacement=other))["other_market"]
    assert (notice.severity, notice.reason) == (Severity.WARNING, other)


def test_trouble_that_goes_on_for_another_reason_keeps_its_key():
    first, second = (
        told(replace(REMOTE, reason=OracleCode.SOURCE_FAILED.because(why=detail)))
        for detail in ("no route", "no answer")
    )
    assert first.keys() == second.keys() == {"no_new_prices"}
    assert first != second


def test_notices_of_one_code_are_told_apart_by_what_they_are_of():
    refused = [
        OracleCode.PRICE_ABSURD.because(offering=offering, usd_per_hour="2000")
        for offering in ("aws/us-east-1/a", "aws/us-east-1/b")
    ]
    count = OracleCode.NAMES_UNSTORABLE.because(count=2)
    texts = [OracleCode.PRICE_ROW_UNKNOWN.because(file="prices.csv", line=line, why=count) for line in (3, 4)]
    found = told(replace(REMOTE, notices=(*refused, *texts, count)))
    assert [notice.reason for notice in found.values()] == [*refused, *texts, count]
    assert "price_absurd:aws/us-east-1/b" in found
    assert "names_unstorable" in found


def test_a_stop_says_where_each_move_stands_still_and_of_no_other():
    view = view_of(record(), target=replace(side(3, 2), shown_ready=2))
    stands = "shop/checkout with 2 of 6 replicas in osaka"
    assert tell_stop([view]).reason == Code.STOPPED_MOVES.because(moves=(stands,))
    assert tell_stop([view_of(record(Phase.DONE))]).reason == Code.STOPPED_BY_HAND.because()
