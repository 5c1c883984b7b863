"""A file of egress prices is taken as it is written, or not at all, and its error names the provider and the price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from controller.contract.egress import EgressKind, EgressUnit, PriceSource, Trust
from controller.decision.egress_parsing import parse_egress_table
from controller.decision.egress_settings import MAX_TIERS, EgressPrice, EgressSettings

SOURCE = {"text": "a list", "as_of": "2026-11", "trust": "published"}


def make_document(**section: Any) -> dict[str, Any]:
    """A file that knows one provider, whose traffic to the internet has a price."""
    lists: dict[str, Any] = {
        name: [] for name in ("same_region", "inter_region", "nat_gateway", "cross_zone")
    }
    aws = {"unit": "GiB", "groups": {}, **lists, "internet": internet(usd="0.09"), **section}
    return {"currency": "USD", "sources": {"list": SOURCE}, "providers": {"aws": aws}}


def internet(**rule: Any) -> list[dict[str, Any]]:
    return [{"from": ["*"], "source": "list", **rule}]


def test_a_rule_keeps_who_said_its_price_when_and_how_far_it_may_be_trusted() -> None:
    table = parse_egress_table(make_document(), EgressSettings())
    rate = table.find_rate("aws", "us-east-1", "gcp", "us-central1")
    assert rate is not None
    assert rate.source == PriceSource("a list", "2026-11", Trust.PUBLISHED)
    assert (rate.kind, rate.unit, rate.provider) == (EgressKind.INTERNET, EgressUnit.GIB, "aws")
    assert rate.compute_usd(Decimal("1.073741824")) == Decimal("0.09")
    assert table.find_rate("gcp", "us-central1", "aws", "us-east-1") is None, "nobody says it"


@pytest.mark.parametrize("currency", ["EUR", "usd", None])
def test_prices_in_another_currency_are_refused(currency: str | None) -> None:
    with pytest.raises(ValueError, match=r"^egress rules: the currency must be USD$"):
        parse_egress_table({**make_document(), "currency": currency}, EgressSettings())


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"internet": internet(usd="0.0900001")}, "'0.0900001' is not a price"),
        ({"internet": internet(usd="-0.01")}, "'-0.01' is not a price"),
        ({"internet": internet(usd="NaN")}, "'NaN' is not a price"),
        ({"internet": internet(usd="cheap")}, "InvalidOperation"),
        ({"internet": internet()}, "usd"),
        ({"internet": internet(tiers=[["1", "0"]])}, "the last tier must be without end, and no other"),
        ({"internet": internet(tiers=[[None, "0"], [None, "1"]])}, "the last tier must be without end"),
        ({"internet": internet(tiers=[["2", "0"], ["2", "1"], [None, "1"]])}, "tiers must grow"),
        ({"internet": internet(tiers=[["0", "0"], [None, "1"]])}, "tiers must grow"),
        ({"internet": internet(tiers=[])}, "the last tier must be without end"),
        (
            {"internet": internet(tiers=[*([str(n + 1), "0"] for n in range(MAX_TIERS)), [None, "1"]])},
            f"a price has at most {MAX_TIERS} tiers",
        ),
        ({"internet": internet(usd="0.09", source="nobody")}, "nobody"),
        ({"unit": "MB"}, "MB"),
    ],
)
def test_what_is_no_price_is_refused_by_the_name_of_its_provider(section: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=r"^egress rules of aws: ") as raised:
        parse_egress_table(make_document(**section), EgressSettings())
    assert words in str(raised.value)


@pytest.mark.parametrize("usd", ["0.000001", "0", "12.345678"])
def test_a_price_of_six_decimals_is_exact(usd: str) -> None:
    table = parse_egress_table(make_document(unit="GB", internet=internet(usd=usd)), EgressSettings())
    rate = table.find_rate("aws", "us-east-1", "gcp", "us-central1")
    assert rate is not None
    assert rate.compute_usd(Decimal(1)) == Decimal(usd)


def test_as_many_tiers_as_are_allowed_are_taken() -> None:
    tiers = [*([str(n + 1), str(n)] for n in range(MAX_TIERS - 1)), [None, "9"]]
    table = parse_egress_table(make_document(unit="GB", internet=internet(tiers=tiers)), EgressSettings())
    rate = table.find_rate("aws", "us-east-1", "gcp", "us-central1")
    assert rate is not None
    assert rate.compute_usd(Decimal(MAX_TIERS)) == sum(range(MAX_TIERS - 1)) + 9


def test_a_price_of_a_person_is_named_by_their_note_or_by_where_it_stands_and_billed_as_their_provider_does() -> (
    None
):
    prices = {
        "noted": EgressPrice(source="aws/a", tiers=("0.05",), note="contract 4711", as_of="2026-10"),
        "plain": EgressPrice(source="aws/b", tiers=("0.05",)),
        "in_gb": EgressPrice(source="aws/c", tiers=("0.05",), unit=EgressUnit.GB),
        "unknown": EgressPrice(source="ovh/d", tiers=("0.05",)),
    }
    table = parse_egress_table(make_document(), EgressSettings(prices=prices))
    found = [table.find_rate(*place.split("/"), "gcp", "x") for place in ("aws/a", "aws/b", "aws/c", "ovh/d")]
    rates = [rate for rate in found if rate is not None]
    assert [(one.source.text, one.source.as_of) for one in rates] == [
        ("contract 4711", "2026-10"),
        ("egress.prices.plain of your configuration", ""),
        ("egress.prices.in_gb of your configuration", ""),
        ("egress.prices.unknown of your configuration", ""),
    ]
    assert [one.unit for one in rates] == [EgressUnit.GIB, EgressUnit.GIB, EgressUnit.GB, EgressUnit.GB]
    assert {one.source.trust for one in rates} == {Trust.OWN}


@pytest.mark.parametrize("kind", [EgressKind.NAT_GATEWAY, EgressKind.CROSS_ZONE])
def test_what_comes_on_top_has_one_price_for_all(kind: EgressKind) -> None:
    assert EgressPrice(kind, "aws/*", tiers=("0.045",)).is_whole()
    assert not EgressPrice(kind, "aws/*", tiers=("1: 0.05", "0.045")).is_whole()
    assert EgressPrice(EgressKind.INTERNET, "aws/*", tiers=("1: 0.05", "0.045")).is_whole()
    assert not EgressPrice(kind, "", tiers=("0.045",)).is_whole()


@pytest.mark.parametrize("text", ["", "cheap", "1:", "1: 2: 3", "-1"])
def test_a_tier_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=f"^'{text}' is no tier$"):
        EgressPrice(source="aws/*", tiers=(text,)).list_tiers()
