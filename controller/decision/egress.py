"""What it costs to move data between two regions, by directed pair. Pure.

The return trip has a price of its own: Tokyo to Virginia costs 4.5 times Virginia to Tokyo. Between two
providers the data goes over the internet and the source's internet rate counts, in tiers of a month's volume. The rules
come from `resources/egress.json` by `egress_rules.py`, and before them those of the configuration.

A provider bills its own unit (GiB, where its list says GB). Everything here is in GB (10^9 bytes), as a person declares
state: the conversion is `EgressRate.of_list`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from controller.contract.egress import EgressCharge, EgressKind, EgressUnit, PriceSource
from controller.decision.precision import Number, positive

ZERO = Decimal(0)


def sum_tiers(tiers: Iterable[tuple[Number | None, Number]], gb: Number, used_gb: Number) -> Number:
    """The price of `gb` after `used_gb`, in growing tiers of (up to GB, None: without end; USD per GB)."""
    total, start, end = gb * 0, used_gb, used_gb + gb
    for up_to_gb, usd_per_gb in tiers:
        stop = end if up_to_gb is None else end - positive(end - up_to_gb)
        sent = positive(stop - start)
        total, start = total + sent * usd_per_gb, start + sent
    return total


@dataclass(frozen=True, slots=True)
class EgressTier:
    """A price that holds up to a volume in a calendar month; `up_to_gb` None: without end."""

    up_to_gb: Decimal | None
    usd_per_gb: Decimal


@dataclass(frozen=True, slots=True)
class EgressRate:
    """The price of one directed route, in tiers of growing volume.

    unit: what the provider bills, for people.
    provider: whose volume of the month uses up the tiers.
    month_so_far_gb: what a person says that volume is; None: nobody has said it.
    month: the month of which that was said, as `2026-11`; None: of any.
    extras: what is charged for each GB besides, as flat rates.
    """

    tiers: tuple[EgressTier, ...]
    kind: EgressKind
    source: PriceSource
    unit: EgressUnit = EgressUnit.GB
    provider: str = ""
    month_so_far_gb: Decimal | None = None
    month: str | None = None
    extras: tuple[EgressRate, ...] = ()

    @classmethod
    def of_list(
        cls,
        tiers: Iterable[tuple[Decimal | None, Decimal]],
        kind: EgressKind,
        source: PriceSource,
        unit: EgressUnit,
    ) -> EgressRate:
        """A rate as a provider's list has it: (up to, None: without end; USD) of its own unit. Exact."""
        converted = (
            EgressTier(None if up_to is None else up_to * unit.gb, usd / unit.gb) for up_to, usd in tiers
        )
        return cls(tuple(converted), kind, source, unit)

    @property
    def is_tiered(self) -> bool:
        """Whether its price depends on the month's volume."""
        return len(self.tiers) > 1

    @property
    def free_gb(self) -> Decimal:
        """The volume of a month that costs nothing before the first that costs something; 0 where all is free."""
        first = self.tiers[0]
        return first.up_to_gb if first.up_to_gb is not None and first.usd_per_gb == 0 else ZERO

    @property
    def charged_tiers(self) -> tuple[EgressTier, ...]:
        """The tiers with all that is charged for each GB."""
        besides = sum((extra.tiers[0].usd_per_gb for extra in self.extras), ZERO)
        return tuple(EgressTier(tier.up_to_gb, tier.usd_per_gb + besides) for tier in self.tiers)

    def find_used_gb(self, sent_gb: Mapping[str, Decimal], month: str = "") -> Decimal:
        """The volume of this month (`2026-11`; empty: whichever it is) that has used up tiers already.

        `sent_gb`: provider -> what moves of ours have sent over the internet this month. What a person says counts, but
        never less than what we know of. Where nobody says anything, what is free counts as spent on other things.
        """
        if not self.is_tiered:
            return ZERO
        said = self.month_so_far_gb if self.month in (None, month) else None
        said = said if said is not None else self.free_gb
        return max(said, sent_gb.get(self.provider, ZERO))

    def find_next_usd_per_gb(self, used_gb: Decimal) -> Decimal:
        """What the next GB costs after `used_gb` were already sent this month, with what comes on top."""
        tiers = self.charged_tiers
        return next(tier.usd_per_gb for tier in tiers if _is_below(used_gb, tier.up_to_gb))

    def compute_usd(self, gb: Decimal, used_gb: Decimal = ZERO) -> Decimal:
        """The price of `gb` after `used_gb` were already sent this month. Raises: ValueError for a negative volume."""
        if gb < 0 or used_gb < 0:
            raise ValueError(f"a volume cannot be negative: {gb} GB after {used_gb} GB")
        return sum_tiers([(tier.up_to_gb, tier.usd_per_gb) for tier in self.charged_tiers], gb, used_gb)

    def list_charges(self, gb: Decimal, used_gb: Decimal = ZERO) -> tuple[EgressCharge, ...]:
        """The same as lines of a bill: each tier that is met, and what comes on top; the price alone of no volume."""
        lines = list(self._charge_tiers(gb, used_gb))
        for extra in self.extras:
            lines += extra._charge_tiers(gb, ZERO)
        return tuple(lines)

    def _charge_tiers(self, gb: Decimal, used_gb: Decimal) -> Iterator[EgressCharge]:
        above = ZERO
        for tier in self.tiers:
            start = max(above, used_gb)
            end = used_gb + gb if tier.up_to_gb is None else min(tier.up_to_gb, used_gb + gb)
            is_met = end > start or (gb == 0 and above <= used_gb and _is_below(used_gb, tier.up_to_gb))
            if is_met:
                yield self._charge(tier, above, end - start)
            above = tier.up_to_gb if tier.up_to_gb is not None else above

    def _charge(self, tier: EgressTier, above_gb: Decimal, gb: Decimal) -> EgressCharge:
        up_to = None if tier.up_to_gb is None else tier.up_to_gb / self.unit.gb
        usd_per_unit = tier.usd_per_gb * self.unit.gb
        return EgressCharge(
            self.kind,
            gb,
            gb * tier.usd_per_gb,
            self.unit,
            usd_per_unit,
            above_gb / self.unit.gb,
            up_to,
            self.source,
        )


def _is_below(gb: Decimal, limit_gb: Decimal | None) -> bool:
    return limit_gb is None or gb < limit_gb
