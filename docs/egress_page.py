"""Makes docs/egress.md from the prices that ship with the program: `python -m docs.egress_page`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from resources.loader import load_json

PAGE = Path(__file__).parent / "egress.md"

_NAMES = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}
_LISTS = {
    "inter_region": "Between two of its regions",
    "internet": "Over the internet, to any other provider",
    "same_region": "Between two clusters in one region",
    "nat_gateway": "On top, through a NAT gateway (where it is switched on)",
    "cross_zone": "On top, across a zone (where it is switched on)",
}
_TRUST = {
    "published": "read in a copy of the provider's own price list or page",
    "reported": "read where others repeat it",
    "upper_bound": "not read, or contradicted: not below what the provider charges for the like",
}

_HEAD = """\
# Egress

Made by `python -m docs.egress_page` from `resources/egress.json`; a test holds it current.

What it costs to send the state of a workload along, and where each number comes from. None of these prices was ever
compared with a bill of ours: they were read in the places named below, at the time named there. Yours may differ by
contract; every one can be replaced.

## How a transfer is charged

- **The volume** is what the Deployment declares in `sentinelaura.io/state-gb`, in GB of 10^9 bytes. Without it, it is 0
  where no volume of its pods keeps anything; else what `assumed_state_gb` says, or it is not known and nothing is
  offered. Images, logs and requests that clients send elsewhere afterwards are not counted.
- **The way** follows from provider and region of both contexts: within a region, between two regions of one provider,
  or over the internet. Traffic through a VPN, a peering or an interconnect has other prices: give your own.
- **The unit** is the provider's. AWS and Google write GB and bill GiB (2^30 bytes), Azure bills GB: 100 GB are
  charged as 93.13 GiB by the first two. This is converted once, where the list is read.
- **The tier** follows from the month's volume over the internet. `month_so_far_gb` says what the whole account has
  sent; what our own moves have sent since the first of the month (UTC) counts in any case. Where it is not set, what
  is free each month counts as used up, because other programs send as well. `month` says
  of which month it is: in any other it counts as not set. Without `month` it holds until you change it.
- **On top** come a NAT gateway and the way to another zone, for all that leaves a region, where a person switches
  them on. A gateway of a region whose price is not listed below makes the way unknown, until you give its price. What a
  gateway costs by the hour is not counted: it runs in any case.
- **The way back** is priced by its own direction. It is shown, and counts in the ranking with `return_probability`;
  it is not part of what the move costs.
- **Unknown stays unknown**: a region, a provider or a gateway that no rule knows has no price, and no move that needs
  it is offered.

The total is `sum over tiers (volume in the tier x price) + volume x what comes on top`. The dry run's bill names way
and tier; `sentinelaura egress FROM TO --gb N` and `plan --json` the source of each price as well.

## Your own numbers

```toml
[egress.providers.aws]
month_so_far_gb = 340      # what Cost Explorer or your bill says, in GB (10^9 bytes)
month = "2026-11"          # of this month
nat_gateway = true         # private nodes without a peering
cross_zone = true          # the gateway stands in another zone

[egress.prices.contract]   # comes before everything below; the first that speaks of a route counts
kind = "internet"          # same_region, between_regions, internet, nat_gateway, cross_zone
source = "aws/eu-*"
target = "gcp/*"
tiers = ["10240: 0.05", "0.04"]   # USD a unit: up to 10,240 in the month, and above
unit = "GiB"
note = "contract 4711"
as_of = "2026-11"
```

[settings.md](settings.md) has all of them. A price that is not whole is refused before anything starts.

## How far each number can be relied on

"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(render_page(), encoding="utf-8")


def render_page() -> str:
    """Return the page as Markdown."""
    document = load_json("egress.json")
    numbers = {name: number for number, name in enumerate(document["sources"], start=1)}
    lines = [
        *(f"- `{trust}`: {words}." for trust, words in _TRUST.items()),
        *("", "| | source | as of | trust |", "|---|---|---|---|"),
        *(
            f"| {numbers[name]} | {one['text']} | {one['as_of'] or 'not known'} | {one['trust']} |"
            for name, one in document["sources"].items()
        ),
    ]
    for name, section in document["providers"].items():
        lines += _render_provider(name, section, numbers)
    return _HEAD + "\n".join(lines) + "\n"


def _render_provider(name: str, section: Mapping[str, Any], numbers: Mapping[str, int]) -> Iterator[str]:
    yield from ("", f"## {_NAMES[name]}, USD for each {section['unit']}", "")
    for group, regions in section["groups"].items():
        yield f"- *{_to_words(group)}*: {', '.join(map(_escape, regions))}"
    for list_name, title in _LISTS.items():
        yield from ("", f"### {title}", "", "| from | to | price | source |", "|---|---|---|---|")
        for rule in section[list_name]:
            places = (_render_places(rule["from"]), _render_places(rule.get("to", ["*"])))
            yield f"| {' | '.join(places)} | {_render_price(rule)} | {numbers[rule['source']]} |"


def _render_places(places: Sequence[str]) -> str:
    if list(places) == ["*"]:
        return "any"
    return ", ".join(f"*{_to_words(one[1:])}*" if one.startswith("@") else _escape(one) for one in places)


def _render_price(rule: Mapping[str, Any]) -> str:
    """`0.02`, or the tiers: `to 100: 0, above: 0.12`."""
    tiers = rule.get("tiers", [[None, rule.get("usd")]])
    if len(tiers) == 1:
        return str(tiers[0][1])
    return ", ".join(f"above: {usd}" if up_to is None else f"to {up_to:,}: {usd}" for up_to, usd in tiers)


def _to_words(name: str) -> str:
    return name.replace("_", " ")


def _escape(text: str) -> str:
    return text.replace("*", "\\*")


if __name__ == "__main__":
    main()
