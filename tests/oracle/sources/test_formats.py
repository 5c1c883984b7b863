"""Files of prices as tools and people write them: read right by their content, or refused with line and reason."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import PriceFileError
from oracle.sources.formats import plain_rows
from oracle.sources.price_table import PriceTable
from tests.oracle.sources.price_texts import HEADER, prices_of, problems_of, read_bytes, read_lines

NOON = "2026-07-22T12:00:00Z"
ROW = f"{NOON},aws,us-east-1,m5.large,spot,0.10"
POOL = "aws/us-east-1/m5.large (spot)"


def read_json(document: Any) -> PriceTable:
    return read_bytes(json.dumps(document, indent=1).encode())


def aws_item(**changes: str) -> dict[str, str]:
    return {
        "AvailabilityZone": "us-east-1a",
        "InstanceType": "m5.large",
        "ProductDescription": "Linux/UNIX",
        "SpotPrice": "0.040100",
        "Timestamp": "2026-07-22T12:00:00+00:00",
        **changes,
    }


def azure_item(**changes: Any) -> dict[str, Any]:
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": 0.05,
        "armRegionName": "westeurope",
        "effectiveStartDate": "2026-07-01T00:00:00Z",
        "meterName": "D4s v5 Spot",
        "productName": "Virtual Machines DSv5 Series",
        "skuName": "D4s v5 Spot",
        "serviceName": "Virtual Machines",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "armSkuName": "Standard_D4s_v5",
        **changes,
    }


AZURE_POOL = "azure/westeurope/Standard_D4s_v5 (spot)"


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-22T12:00:00Z",
        "2026-07-22t12:00:00z",
        "2026-07-22 12:00:00+00:00",
        "2026-07-22T14:00:00.000+02:00",
        "2026-07-22T12:00:00.0000000Z",
        "20260722T120000Z",
        "2026-07-22 12:00:00 UTC",
        "2026-07-22 12:00:00.000 GMT",
        "2026-07-22 12:00:00 +0000 UTC",
        "2026-07-22 14:00:00 +02:00",
        "2026/07/22 12:00:00Z",
        "1784721600",
        "1784721600.0",
        "1784721600000",
        "1784721600000000",
        "1784721600000000000",
        '"Wed, 22 Jul 2026 12:00:00 GMT"',
        '"Wed, 22 Jul 2026 14:00:00 +0200"',
    ],
)
def test_one_moment_in_many_spellings(text: str) -> None:
    table = read_lines(ROW.replace(NOON, text))
    assert table.times.tolist() == [1_784_721_600.0]


@pytest.mark.parametrize("text", ["2026-07-22", "20260722"])
def test_day_begins_at_midnight_utc(text: str) -> None:
    assert read_lines(ROW.replace(NOON, text)).times.tolist() == [1_784_678_400.0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-07-22 12:00:00", "time_without_zone"),
        ("2026-07-22T12:00", "time_without_zone"),
        ("07/22/2026 12:00", "time_not_understood"),
        ("1.78472E+12", "time_not_understood"),
        ("12", "time_not_understood"),
        ("9999-12-31T00:00:00Z", "time_out_of_range"),
        ("", "cell_empty"),
        ("NaT", "time_not_understood"),
    ],
)
def test_moment_that_nobody_can_know_leaves_the_row_out(text: str, code: str) -> None:
    table = read_lines(ROW, ROW.replace(NOON, text))
    assert problems_of(table) == [(3, code)]
    assert (table.priced, table.unknown) == (1, 1)


@pytest.mark.parametrize(
    ("cells", "offering"),
    [
        ("AWS,US-EAST-1,m5.large,Spot", POOL),
        ("Amazon,us-east-1,M5.Large,SPOT", POOL),
        ("aws,us-east-1,m5.large,On-Demand", "aws/us-east-1/m5.large (on_demand)"),
        ("aws,us-east-1,m5.large,ON_DEMAND", "aws/us-east-1/m5.large (on_demand)"),
        ("aws,us-east-1a,m5.large,spot", "aws/us-east-1/us-east-1a/m5.large (spot)"),
        ("aws,use1-az2,m5.large,spot", "aws/us-east-1/use1-az2/m5.large (spot)"),
        ("aws,apne1-az4,m5.large,spot", "aws/ap-northeast-1/apne1-az4/m5.large (spot)"),
        ("aws,us-west-2-lax-1a,m5.large,spot", "aws/us-west-2/us-west-2-lax-1a/m5.large (spot)"),
        ("aws,use1-az2,m5.large,on-demand", "aws/us-east-1/m5.large (on_demand)"),
        ("Google Cloud,us-central1,n2-standard-8,preemptible", "gcp/us-central1/n2-standard-8 (spot)"),
        ("gcp,us-central1-a,n2-standard-8,spot", "gcp/us-central1/n2-standard-8 (spot)"),
        ("Azure,West Europe,D8s_v5,Spot", "azure/westeurope/Standard_D8s_v5 (spot)"),
        ("azure,westeurope,D8s v5,regular", "azure/westeurope/Standard_D8s_v5 (on_demand)"),
        ("azure,westeurope-1,Standard_D8s_v5,spot", "azure/westeurope/Standard_D8s_v5 (spot)"),
        (",us-east-1,m5.large,spot", POOL),
        (",eastus,Standard_D8s_v5,spot", "azure/eastus/Standard_D8s_v5 (spot)"),
    ],
)
def test_names_as_tools_write_them(cells: str, offering: str) -> None:
    assert prices_of(read_lines(f"{NOON},{cells},0.10")) == {offering: ["0.1"]}


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("aws,cn-north-1,m5.large,spot", "the region aws/cn-north-1 is of AWS China, which bills in CNY"),
        ("aws,us-gov-west-1,m5.large,spot", "is of AWS GovCloud"),
        ("azure,chinaeast2,D8s_v5,spot", "is of Azure China, which bills in CNY"),
        ("oci,us-ashburn-1,VM.Standard3,spot", "the provider 'oci' is not aws, azure or gcp"),
        ("aws,us-esat-1,m5.large,spot", "aws/us-esat-1 is not known (did you mean aws/us-east-1?)"),
        ("gcp,us-east-1,n2-standard-8,spot", "the region gcp/us-east-1 is not known"),
        ("aws,us-east-1,m5.large,reserved", "capacity_type is 'reserved', not spot or on_demand"),
        ("aws,us-east-1,m5.large,Low Priority", "capacity_type is 'Low Priority'"),
        ("aws,us-east-1,,spot", "instance_type is empty"),
    ],
)
def test_what_is_not_known_here_is_said_with_its_line_and_the_rest_is_read(cells: str, sentence: str) -> None:
    table = read_lines(ROW, f"{NOON},{cells},0.20", f"{NOON},aws,us-west-2,m5.large,spot,0.3")
    assert prices_of(table) == {POOL: ["0.1"], "aws/us-west-2/m5.large (spot)": ["0.3"]}
    [problem] = table.problems
    assert problem.line == 3
    assert sentence in str(problem.reason)


def test_two_products_and_two_zones_are_four_prices() -> None:
    header = f"{HEADER},product_description,availability_zone"
    table = read_lines(
        f"{ROW},Linux/UNIX,us-east-1a",
        f"{ROW}1,Windows,us-east-1a",
        f"{ROW}2,Linux/UNIX (Amazon VPC),us-east-1b",
        f"{ROW}3,Red Hat Enterprise Linux,us-east-1b",
        header=header,
    )
    assert prices_of(table) == {
        "aws/us-east-1/us-east-1a/m5.large (spot)": ["0.1"],
        "aws/us-east-1/us-east-1a/m5.large (spot, windows)": ["0.101"],
        "aws/us-east-1/us-east-1b/m5.large (spot)": ["0.102"],
    }
    assert problems_of(table) == [(5, "product_unknown")]


def test_two_prices_of_one_name_since_one_moment_are_none() -> None:
    table = read_lines(ROW, f"{ROW}5", f"2026-07-23T00:00:00Z,{ROW.partition(',')[2]}")
    assert prices_of(table) == {POOL: ["None", "None", "0.1"]}
    assert problems_of(table) == [(3, "price_ambiguous")]
    assert prices_of(read_lines(ROW, ROW.replace("0.10", ""))) == {POOL: ["None", "0.1"]}, "one says nothing"
    assert prices_of(read_lines(ROW, ROW)) == {POOL: ["0.1", "0.1"]}, "said twice is said once"


def test_zone_of_another_region_makes_no_price() -> None:
    table = read_lines(f"{ROW},us-west-2a", f"{ROW},us-east-1a", header=f"{HEADER},zone")
    assert problems_of(table) == [(2, "zone_elsewhere")]


@pytest.mark.parametrize(
    ("price", "code"),
    [
        ("", "cell_empty"),
        ("NaN", "price_not_a_number"),
        ("-", "price_not_a_number"),
        ("N/A*", "price_not_a_number"),
        ("$0.10", "price_not_a_number"),
        ("0x1", "price_not_a_number"),
        ("1_0", "price_not_a_number"),
        ("0", "price_zero"),
        ("0.0000000000001", "price_zero"),
        ("-0.1", "price_out_of_range"),
        ("10089.6768", "price_out_of_range"),
        ("0,1613", "row_too_long"),
        ('"1,234.50"', "price_not_a_number"),
    ],
)
def test_cell_that_can_be_no_price_makes_its_row_unknown_and_no_other(price: str, code: str) -> None:
    table = read_lines(f"{NOON},aws,us-west-2,m5.large,spot,{price}", ROW)
    assert prices_of(table)[POOL] == ["0.1"]
    assert problems_of(table) == [(2, code)]
    assert (table.priced, table.unknown) == (1, 1)


@given(st.decimals(Decimal("0.000000000001"), 1000, places=12))
def test_every_price_is_read_to_its_last_decimal(price: Decimal) -> None:
    plain, one_by_one = (
        read_lines(ROW.replace("0.10", f"{price:f}")),
        read_lines(ROW.replace("0.10", f'"{price:f}"')),
    )
    assert plain.row(0).usd_per_hour == one_by_one.row(0).usd_per_hour == price


def test_rows_read_at_once_and_one_by_one_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        f"2026-07-{day:02}T00:00:00+0{day % 3}:00,aws,{region},m5.large,{kind},0.{day}"
        for day in range(1, 29)
        for region in ("us-east-1", "eu-west-1")
        for kind in ("spot", "on-demand")
    ]
    at_once = read_lines(*rows)
    monkeypatch.setattr(plain_rows.PlainRows, "take", lambda *arguments: False)
    one_by_one = read_lines(*rows)
    assert prices_of(at_once) == prices_of(one_by_one)
    assert at_once.times.tolist() == one_by_one.times.tolist()
    assert at_once.lines.tolist() == one_by_one.lines.tolist()


def test_no_cell_is_taken_from_the_line_before() -> None:
    header = "observed_at,provider,region,instance_type,capacity_type,usd_per_hour,note"
    uneven = f"{ROW},dear,{NOON}", "aws,us-east-1,c5.large,spot,0.20,cheap"
    table = read_bytes("\n".join([header, *uneven, ""]).encode())
    assert table.priced == 0
    assert {line for line, _ in problems_of(table)} == {2, 3}


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.removesuffix("\n").encode(),
        lambda text: text.replace(",", ";").replace("0.10", "0,10").encode(),
        lambda text: text.replace(",", "\t").encode("utf-16"),
        lambda text: text.replace(",", "|").encode(),
        lambda text: text.replace(",", " , ").encode(),
        lambda text: text.replace("_", " ").replace("on demand", "on_demand").title().encode(),
        lambda text: ('"FormatVersion","v1.0"\n"Disclaimer","..."\n' + text).encode(),
        lambda text: ("# prices, of July, by, hand, and, more\n\n" + text + "   \n\n").encode(),
        lambda text: "\n".join(
            '"' + line.replace(",", '","') + '"' for line in text.split("\n")[:-1]
        ).encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: gzip.compress(text[:90].encode()) + gzip.compress(text[90:].encode()),
        lambda text: zstandard.compress(text.encode()),
        lambda text: zstandard.compress(text[:90].encode()) + zstandard.compress(text[90:].encode()),
    ],
)
def test_one_table_in_many_clothes(encode: Any) -> None:
    other = ROW.replace("0.10", "0.12").replace("spot", "on_demand")
    table = read_bytes(encode(f"{HEADER}\n{ROW}\n{other}\n"))
    assert prices_of(table) == {POOL: ["0.1"], "aws/us-east-1/m5.large (on_demand)": ["0.12"]}
    assert table.unknown == 0
    assert table.format == "columns"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "prices.csv: is empty"),
        (b"<!DOCTYPE html>\n<html>", "line 1: a web page (HTML) or XML, no file of prices"),
        (b"PK\x03\x04rest", "a zip archive or a workbook of Excel, no text; unpack it, or save it as CSV"),
        (b"PAR1rest", "Parquet, no text"),
        (b"\xfd7zXZ\0", "packed by xz, no text; unpack it"),
        (gzip.compress(b"x" * 5000)[:-9], "the gzip file is damaged"),
        (zstandard.compress(bytes(range(256)) * 90)[:-9], "line 1: "),
        (b"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff", "the zst file is damaged"),
        (b"hello\xff\n", "no UTF-8 text"),
        (b"{}", "JSON of a form that is not known"),
        (b'{"a": [1, 2], "b": null}', "JSON of a form that is not known"),
        (b'{"SpotPriceHistory": []}', "aws-cli-json without any price"),
        (b'{"SpotPriceHistory": [{"SpotPrice": "0.1"', "line 1: no valid JSON"),
        (b'{"SpotPriceHistory": [],\n "SpotPriceHistory": []}', "line 2: no valid JSON: 'SpotPriceHistory'"),
        (b"[" * 100_000, "no valid JSON"),
        (
            b'{"skus": [{"skuId": "0", "description": "", "pricingInfo": []}]}',
            "list of SKUs: it prices cores",
        ),
        (b'{"version": "0.2", "projects": []}', "a report of `infracost breakdown`"),
        (f"{HEADER},Region\n{ROW},us-west-2\n".encode(), "line 1: the column region is there twice"),
        (f"{HEADER},AZ,zone\n{ROW},,\n".encode(), "line 1: the column zone is there twice"),
        (b"hello;world\n1;2\n", "line 1: missing column observed_at"),
    ],
)
def test_what_is_no_file_of_prices_is_told(content: bytes, sentence: str) -> None:
    with pytest.raises(PriceFileError) as caught:
        read_bytes(content)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 400


@given(
    st.sampled_from(
        [
            b"",
            b"\x1f\x8b\x08",
            b"\x28\xb5\x2f\xfd",
            b"\xff\xfe",
            b"{",
            b'[{"SpotPriceHistory":[{',
            f"{HEADER}\n".encode(),
        ]
    ),
    st.binary(max_size=200),
)
def test_any_bytes_are_read_or_refused(beginning: bytes, rest: bytes) -> None:
    with suppress(PriceFileError):
        read_bytes(beginning + rest)


def test_header_alone_has_no_price() -> None:
    with pytest.raises(PriceFileError, match="no row with a price"):
        read_lines().require_prices()


def test_another_currency_is_unknown_until_a_person_gives_its_rate() -> None:
    text = f"{HEADER},currency\n{ROW},EUR\n{ROW.replace('east-1', 'west-2')},usd\n{ROW},\n".encode()
    table = read_bytes(text)
    assert problems_of(table) == [(2, "currency_without_rate")]
    assert set(table.currencies) == {"EUR", "USD"}
    rated = read_bytes(text.replace(b"0.10,\n", b"0.108,\n"), {"EUR": Decimal("1.08")})
    assert prices_of(rated)[POOL] == ["0.108", "0.108"]
    assert rated.unknown == 0


@pytest.mark.parametrize(
    ("unit", "price"),
    [
        ("hour", "73"), ("1 Hour", "73"), ("Hrs", "73"), ("month", "0.1"), ("per month", "0.1"), ("100 Hours", "0.73"),
        ("1/Hour", "73"), ("day", "3.041666666667"), ("GB-month", "None"), ("1K", "None"),
    ],
)  # fmt: skip
def test_price_for_longer_is_one_for_an_hour(unit: str, price: str) -> None:
    table = read_lines(f"{ROW.replace('0.10', '73')},{unit}", header=f"{HEADER},unit")
    assert prices_of(table) == {POOL: [price]}


def test_column_called_price_needs_what_it_is_in() -> None:
    header = HEADER.replace("usd_per_hour", "Price")
    with pytest.raises(PriceFileError, match="missing column usd_per_hour"):
        read_lines(ROW, header=header)
    table = read_lines(f"{ROW},,hour", f"{ROW},USD,hour", header=f"{header},currency,unit")
    assert problems_of(table)[0] == (2, "currency_not_understood")


def test_aws_cli_json_has_zones_and_systems() -> None:
    items = [aws_item(), aws_item(ProductDescription="Windows", SpotPrice="0.1"), aws_item(SpotPrice="")]
    table = read_json({"SpotPriceHistory": [*items, {"Surprise": 1}], "NextToken": ""})
    assert table.format == "aws-cli-json"
    zone = "aws/us-east-1/us-east-1a/m5.large (spot"
    assert prices_of(table) == {f"{zone})": ["None", "0.0401"], f"{zone}, windows)": ["0.1"]}
    assert problems_of(table) == [(17, "cell_empty"), (24, "item_not_understood")]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one, two: json.dumps([one, two]),
        lambda one, two: f"{json.dumps(one)}\n{json.dumps(two)}\n",
        lambda one, two: json.dumps(
            [{"SpotPriceHistory": [one]}, {"NextToken": "x", "SpotPriceHistory": [two]}]
        ),
        lambda one, two: "".join(json.dumps({"SpotPriceHistory": [item]}) for item in (one, two)),
    ],
    ids=["a list", "lines", "a list of pages", "pages one after the other"],
)
def test_pages_of_json_as_people_join_them(wrap: Any) -> None:
    two = aws_item(AvailabilityZone="us-east-1b", SpotPrice="0.05")
    table = read_bytes(wrap(aws_item(), two).encode())
    assert prices_of(table) == {
        "aws/us-east-1/us-east-1a/m5.large (spot)": ["0.0401"],
        "aws/us-east-1/us-east-1b/m5.large (spot)": ["0.05"],
    }


def test_aws_cli_text_with_and_without_zone_ids() -> None:
    row = "m5.large\tLinux/UNIX\t0.040100\t2026-07-22T12:00:00+00:00\n"
    text = f"SPOTPRICEHISTORY\tus-east-1a\tuse1-az4\t{row}SPOTPRICEHISTORY\tus-east-1b\t{row}NEXTTOKEN\tabc\n"
    table = read_bytes(text.encode())
    assert table.format == "aws-cli-text"
    assert [str(offering) for offering in table.offerings] == [
        "aws/us-east-1/us-east-1a/m5.large (spot)",
        "aws/us-east-1/us-east-1b/m5.large (spot)",
    ]


def test_table_of_boto3_is_of_spot() -> None:
    header = "AvailabilityZone,InstanceType,ProductDescription,SpotPrice,Timestamp"
    table = read_lines("us-east-1a,m5.large,Linux/UNIX,0.0401,2026-07-22 12:00:00+00:00", header=header)
    assert table.format == "boto3-csv"
    assert prices_of(table) == {"aws/us-east-1/us-east-1a/m5.large (spot)": ["0.0401"]}


@pytest.mark.parametrize(
    ("changes", "prices"),
    [
        ({}, {AZURE_POOL: ["0.05"]}),
        ({"unitOfMeasure": "100 Hours", "retailPrice": 5}, {AZURE_POOL: ["0.05"]}),
        ({"meterName": "D4s v5", "skuName": "D4s v5"}, {AZURE_POOL.replace("spot", "on_demand"): ["0.05"]}),
        ({"productName": "DSv5 Series Windows"}, {AZURE_POOL.replace("spot", "spot, windows"): ["0.05"]}),
        ({"meterName": "D4s v5 Low Priority"}, {}),
        ({"meterName": "D4s v5/D4 Expired"}, {}),
        ({"type": "Reservation"}, {}),
        ({"type": "DevTestConsumption"}, {}),
        ({"serviceName": "Storage"}, {}),
        ({"tierMinimumUnits": 100}, {}),
        ({"isPrimaryMeterRegion": False}, {}),
        ({"location": "US Gov Virginia"}, {}),
        ({"reservationTerm": "1 Year"}, {}),
        ({"retailPrice": 0}, {AZURE_POOL: ["None"]}),
        ({"currencyCode": "EUR"}, {AZURE_POOL: ["None"]}),
        ({"unitOfMeasure": "1 GB"}, {AZURE_POOL: ["None"]}),
        ({"effectiveEndDate": "2026-07-20T00:00:00Z"}, {AZURE_POOL: ["0.05", "None"]}),
        ({"effectiveEndDate": "9999-12-31T23:59:59Z"}, {AZURE_POOL: ["0.05"]}),
    ],
)  # fmt: skip
def test_azure_retail_prices(changes: dict[str, Any], prices: dict[str, list[str]]) -> None:
    assert prices_of(read_json({"BillingCurrency": "USD", "Items": [azure_item(**changes)]})) == prices


def test_price_that_ends_where_the_next_begins_goes_on_with_that() -> None:
    ended = azure_item(effectiveEndDate="2026-07-20T00:00:00Z")
    begun = azure_item(effectiveStartDate="2026-07-20T00:00:00Z", retailPrice=0.06)
    for items in ([ended, begun], [begun, ended]):
        assert prices_of(read_json({"Items": items})) == {AZURE_POOL: ["0.05", "0.06"]}


def test_catalog_of_skypilot_has_two_prices_a_row_and_the_time_of_its_file() -> None:
    header = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,SpotPrice,Region,AvailabilityZone"
    rows = ("m5.large,,,2,8,0.096,0.04,us-east-1,use1-az2", "m5.xlarge,,,4,16,0.192,,us-east-1,use1-az2")
    table = read_bytes("".join(f"{line}\n" for line in (header, *rows)).encode(), written_at=1_784_721_600.0)
    assert table.format == "skypilot-catalog"
    assert prices_of(table) == {
        "aws/us-east-1/m5.large (on_demand)": ["0.096"],
        "aws/us-east-1/use1-az2/m5.large (spot)": ["0.04"],
        "aws/us-east-1/m5.xlarge (on_demand)": ["0.192"],
        "aws/us-east-1/use1-az2/m5.xlarge (spot)": ["None"],
    }
    assert problems_of(table) == [(3, "cell_empty")]
    assert set(table.times.tolist()) == {1_784_721_600.0}
    assert "they count as of when it was last changed, 2026-07-22" in str(table.notices[0])


def test_catalog_of_skypilot_prices_accelerators_of_google_apart() -> None:
    header = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,SpotPrice,Region,AvailabilityZone"
    rows = (
        "a2-highgpu-1g,,,12,85,0.8,0.3,us-central1,us-central1-a",
        "n2-standard-8,,,8,32,0.4,0.1,us-central1,",
    )
    table = read_bytes("".join(f"{line}\n" for line in (header, *rows)).encode(), written_at=1_784_721_600.0)
    assert {str(offering) for offering in table.offerings} == {
        "gcp/us-central1/n2-standard-8 (on_demand)",
        "gcp/us-central1/n2-standard-8 (spot)",
    }
    assert problems_of(table) == [(2, "accelerators_apart"), (2, "accelerators_apart")]


def test_opencost_charges_nodes_however_they_are_bought() -> None:
    header = (
        "EndTimestamp,InstanceID,Region,AssetClass,InstanceIDField,InstanceType,MarketPriceHourly,Version"
    )
    table = read_lines(
        "2026-07-22 12:00:00 UTC,,us-east-1,node,metadata.labels.x,m5.large,0.04,",
        "2026-07-22 12:00:00 UTC,pvc-1,us-east-1,pv,metadata.name,gp3,0.0001,",
        header=header,
    )
    assert table.format == "opencost"
    assert prices_of(table) == {POOL: ["0.04"], "aws/us-east-1/m5.large (on_demand)": ["0.04"]}
    assert "each price counts for spot and on demand" in str(table.notices[0])


def test_products_of_infracost() -> None:
    attributes = {
        "instanceType": "m5.large",
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "capacitystatus": "Used",
    }
    price = {
        "purchaseOption": "on_demand",
        "unit": "Hrs",
        "USD": "0.096",
        "effectiveDateStart": "2026-07-01T00:00:00Z",
    }
    product = {
        "vendorName": "aws",
        "region": "us-east-1",
        "productFamily": "Compute Instance",
        "attributes": [{"key": key, "value": value} for key, value in attributes.items()],
        "prices": [
            price,
            {**price, "purchaseOption": "reserved", "USD": "0.05"},
            {**price, "purchaseOption": "spot"},
        ],
    }
    dedicated = {
        **product,
        "attributes": [*product["attributes"][:2], {"key": "tenancy", "value": "Dedicated"}],
    }
    table = read_json({"data": {"products": [product, dedicated]}})
    assert table.format == "infracost"
    assert prices_of(table) == {"aws/us-east-1/m5.large (on_demand)": ["0.096"], POOL: ["0.096"]}
