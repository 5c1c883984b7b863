"""What a person says of egress: the month's volume, what comes on top, and prices of their own. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from controller.contract.egress import EgressKind, EgressUnit
from oracle.foundation.setting import Promise, setting, table

#: Most tiers of one price: `pricing.bound_error` counts their roundings. Lists have up to five.
MAX_TIERS = 8
#: Most prices of one's own; arbitrary, each is asked of every route.
MAX_PRICES = 200

_TIER = re.compile(r"(?:(\d{1,12}(?:\.\d{1,3})?): *)?(\d{1,4}(?:\.\d{1,6})?)")
_PLACE = r"[a-z0-9*-]{1,32}/[A-Za-z0-9*_-]{1,64}"
_PLACE_WORDS = "`provider/region`, with `*` for anything"

#: (up to this volume of a month, None: without end; USD), both of one unit.
ListedTiers = Sequence[tuple[Decimal | None, Decimal]]


def check_tiers(tiers: ListedTiers) -> None:
    """Raises: ValueError for tiers that don't grow up to a last one without end, or for too many."""
    limits = [up_to for up_to, _ in tiers]
    finite = [limit for limit in limits[:-1] if limit is not None]
    if not limits or limits[-1] is not None or len(finite) != len(limits) - 1:
        raise ValueError("the last tier must be without end, and no other")
    if len(limits) > MAX_TIERS:
        raise ValueError(f"a price has at most {MAX_TIERS} tiers")
    if any(after <= before for before, after in zip([Decimal(0), *finite], finite, strict=False)):
        raise ValueError("tiers must grow")


@dataclass(frozen=True, slots=True)
class ProviderEgress:
    """What a person says of all that leaves one provider."""

    month_so_far_gb: Decimal | None = setting(
        None,
        "What this account has sent over the internet since the month began, other programs included; picks the tier "
        "of the price. What our own moves have sent counts in any case.",
        none="not known: what is free each month counts as used up, and the tiers begin with our own moves",
        example="340",
        minimum=0,
        maximum=1_000_000_000,
    )
    month: str | None = setting(
        None,
        "The calendar month (UTC) of `month_so_far_gb`: in any other one that volume is not known.",
        none="it counts in every month, until you change it",
        pattern=r"\d{4}-(0[1-9]|1[0-2])",
        allowed="a month such as 2026-11",
        example='"2026-11"',
    )
    nat_gateway: bool = setting(
        False,
        "Whether what leaves a region goes through the provider's NAT gateway, which charges for each GB.",
    )
    cross_zone: bool = setting(
        False, "Whether what leaves a region crosses to another zone of it first, as to a NAT gateway there."
    )


@dataclass(frozen=True, slots=True)
class EgressPrice:
    """One price of a person's own, as from a contract; it is asked before those that ship with the program."""

    kind: EgressKind = setting(
        EgressKind.INTERNET,
        "What it is a price of: one of three ways, or what comes on top of a way where it is switched on.",
    )
    source: str = setting(
        "", "Where the data comes from.", pattern=_PLACE, allowed=_PLACE_WORDS, example='"aws/eu-*"'
    )
    target: str = setting(
        "*/*", "Where it goes.", pattern=_PLACE, allowed=_PLACE_WORDS, example='"gcp/europe-west1"'
    )
    tiers: tuple[str, ...] = setting(
        (),
        "USD for each unit in growing tiers of a month's volume: `UP_TO: USD`, and last `USD` for all above.",
        example='["100: 0", "10240: 0.085", "0.07"]',
    )
    unit: EgressUnit | None = setting(
        None,
        "What the bill counts in, for prices and tiers: GB (10^9 bytes) or GiB (2^30 bytes).",
        none="as the provider does: GiB for aws and gcp, GB for all others",
        example='"GiB"',
    )
    note: str = setting("", "Whose price it is, as a bill shows it.", example='"contract 4711"')
    as_of: str = setting("", "When it was agreed or read.", example='"2026-11"')

    def list_tiers(self) -> ListedTiers:
        """The tiers as numbers. Raises: ValueError where they are none."""
        tiers = [_parse_tier(text) for text in self.tiers]
        check_tiers(tiers)
        return tiers

    def is_whole(self) -> bool:
        """Whether it says where the data comes from, and what that costs; what comes on top has one price for all."""
        try:
            tiers = self.list_tiers()
        except ValueError:
            return False
        is_on_top = self.kind in (EgressKind.NAT_GATEWAY, EgressKind.CROSS_ZONE)
        return bool(self.source) and not (is_on_top and len(tiers) > 1)


def _parse_tier(text: str) -> tuple[Decimal | None, Decimal]:
    match = _TIER.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no tier")
    up_to, usd = match.groups()
    return None if up_to is None else Decimal(up_to), Decimal(usd)


@dataclass(frozen=True, slots=True)
class EgressSettings:
    """What is said of egress beyond what ships with the program."""

    providers: Mapping[str, ProviderEgress] = table(
        ProviderEgress,
        "What is said of all that leaves a provider (aws, azure, gcp): one table `[egress.providers.NAME]` for each.",
        key="egress.providers",
        example="{aws = {month_so_far_gb = 340}}",
    )
    prices: Mapping[str, EgressPrice] = table(
        EgressPrice,
        "Prices of your own, instead of those that ship with the program: one table `[egress.prices.NAME]` for each. "
        "The first that speaks of a route counts.",
        key="egress.prices",
        example='{contract = {source = "aws/*", tiers = ["0.05"]}}',
    )

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("prices",),
            lambda given: all(price.is_whole() for price in given.prices.values()),
            "each of the prices needs a source and growing tiers such as ['100: 0', '0.085'], the last without end; at "
            f"most {MAX_TIERS} of them, and of a nat_gateway or cross_zone one",
        ),
        Promise(
            ("prices",),
            lambda given: len(given.prices) <= MAX_PRICES,
            f"there may be at most {MAX_PRICES} prices of your own",
        ),
    )
