"""The one formula for a move: what it saves, costs once and is worth. Pure.

A pod costs its share of the node it runs on: the largest of its shares of CPU, of memory and of each device (GPU) that
it asks for, because the largest one is what fills the node. With a and b the USD per hour of one replica at the source
and in the target, R replicas, H the window, w the hours of a wave, u of the warm-up, W the number of the wave in which
a pod moves, summed over all pods (`waves.count_pod_waves`), and E the egress of its state:

    savings = (a - b) R H
    overlap = b R w + max(0, a - b) w W
    warm-up = b R u
    net     = savings - E - overlap - warm-up
    payback = (E + overlap + warm-up) / ((a - b) R)   hours
    rank    = net - q E'                              E' the egress of the way back, q the chance of taking it

Overlap: a pod of wave i (from 1) runs in the target from (i - 1) w and in the source until i w. Against a move in no
time it pays the source i w longer and the target (i - 1) w shorter: w of the target plus i w of the difference.

`price_move` is written with operators that Decimal, float and numpy arrays share, so that what is found fast and what
is shown are the same code at two precisions. `bound_error` says how far apart they can be. Rates are whole multiples of
RATE_STEP below MAX_RATE: at most 10^14 steps, which are counted exactly in 64 bits, so that whatever compares rates
alone needs no bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Generic

from controller.clusters.fleet import Resources
from controller.decision.precision import Number, positive
from controller.decision.settings import DecisionSettings

if TYPE_CHECKING:
    from controller.decision.precision import Floats

#: Rates of one replica are rounded to this, USD per hour: a thousand replicas are wrong by a millionth of a cent a day.
RATE_STEP = Decimal("1e-11")
RATE_STEP_EXPONENT = -11
_STEPS_PER_USD = 1 / RATE_STEP

#: No pod costs so much, USD per hour: ten times the dearest machine there is. A rate above follows from a node size or
#: a request that is a mistake or malice, and is not believed.
MAX_RATE = Decimal(1000)
MAX_RATE_STEPS = int(MAX_RATE / RATE_STEP)

#: Shares of a rate are compared to this step, a hundredth of a percent.
SHARE_STEP = Decimal("1e-4")
#: Those of a whole rate.
SHARE_STEPS = int(1 / SHARE_STEP)

#: A pod that took more of its node would not run there.
MAX_NODE_SHARE = 1000

#: Half the distance from 1 to the next float.
_ROUNDING = 2.0**-53
#: More roundings than any term of the rank goes through: the egress and its sum over the most tiers that there may be
#: 24, and the other terms 15 each, which count twice.
_ROUNDINGS = 48


@dataclass(frozen=True, slots=True)
class Assumptions(Generic[Number]):
    """What the formula takes from the settings, at one precision. Hours, and a probability."""

    horizon_h: Number
    wave_h: Number
    warm_up_h: Number
    return_probability: Number


@dataclass(frozen=True, slots=True)
class Bill(Generic[Number]):
    """What a move saves in the window, costs once, and is worth. USD."""

    savings_usd: Number
    overlap_usd: Number
    warm_up_usd: Number
    one_off_usd: Number
    net_usd: Number


def assume(settings: DecisionSettings) -> Assumptions[Decimal]:
    """The formula's constants, exact."""
    return Assumptions(settings.horizon_h, settings.wave_h, settings.warm_up_h, settings.return_probability)


def assume_floats(settings: DecisionSettings) -> Assumptions[float]:
    """The formula's constants, quick."""
    exact = assume(settings)
    return Assumptions(
        float(exact.horizon_h), float(exact.wave_h), float(exact.warm_up_h), float(exact.return_probability)
    )


def compute_node_share(requests: Resources, allocatable: Resources) -> Decimal | None:
    """The share of a node that one pod takes: the largest of CPU, memory and each device that it asks for.

    None where no sensible size is known.
    """
    there = dict(allocatable.devices)
    pairs = [
        (requests.cpu_cores, allocatable.cpu_cores),
        (requests.memory_gib, allocatable.memory_gib),
        *((amount, there.get(name, 0.0)) for name, amount in requests.devices),
    ]
    if any(size <= 0 for _, size in pairs):
        return None
    share = max(Decimal(repr(amount)) / Decimal(repr(size)) for amount, size in pairs)
    return share if share <= MAX_NODE_SHARE else None


def count_rate_steps(node_usd_per_hour: Decimal, node_share: Decimal) -> int | None:
    """What one replica costs per hour, in steps of RATE_STEP; None where it is beyond belief."""
    steps = round(node_usd_per_hour * node_share * _STEPS_PER_USD)
    return steps if steps < MAX_RATE_STEPS else None


def to_rate(steps: int) -> Decimal:
    """USD per hour of so many steps."""
    return Decimal(steps).scaleb(RATE_STEP_EXPONENT)


def count_share_steps(share: Decimal) -> int:
    """A share of a rate in steps of SHARE_STEP."""
    return int((share / SHARE_STEP).to_integral_value())


def price_move(
    source: Number,
    target: Number,
    replicas: Number,
    pod_waves: Number,
    egress_usd: Number,
    assumed: Assumptions[Number],
) -> Bill[Number]:
    """The bill of a move. `source` and `target` are USD per hour of one replica; see the module for the formula."""
    gain, all_there = source - target, target * replicas
    savings = gain * (replicas * assumed.horizon_h)
    late = positive(gain) * (assumed.wave_h * pod_waves)
    overlap = all_there * assumed.wave_h + late
    warm_up = all_there * assumed.warm_up_h
    one_off = egress_usd + overlap + warm_up
    return Bill(savings, overlap, warm_up, one_off, savings - one_off)


def weigh_rates(replicas: Number, pod_waves: Number, assumed: Assumptions[Number]) -> tuple[Number, Number]:
    """What a dollar per hour of one replica adds to the net, at the source and in a target that is cheaper.

    With b < a the formula is a sum of multiples of both rates, less the egress: net = a source + b target - E.
    """
    none, one = replicas * 0, replicas * 0 + 1
    source = price_move(one, none, replicas, pod_waves, none, assumed).net_usd
    return source, price_move(one, one, replicas, pod_waves, none, assumed).net_usd - source


def rank_move(net_usd: Number, return_usd: Number, assumed: Assumptions[Number]) -> Number:
    """The net gain less the probable cost of the way back, USD: by this, targets are compared."""
    return net_usd - assumed.return_probability * return_usd


def price_replicas(usd_per_hour: Decimal | None, replicas: int) -> Decimal | None:
    """USD per hour of all replicas; None where that of one is not known."""
    return usd_per_hour * replicas if usd_per_hour is not None else None


def find_payback_h(
    bill: Bill[Decimal] | None, source: Decimal | None, target: Decimal | None
) -> Decimal | None:
    """Hours after which a move has saved what it cost; None: never, or a number is not known.

    `source` and `target` are USD per hour of all replicas.
    """
    if bill is None or source is None or target is None or source <= target:
        return None
    return bill.one_off_usd / (source - target)


def to_hours(seconds: float) -> Decimal:
    """Seconds as hours, exact but for the last of the 28 digits of a Decimal."""
    return Decimal(seconds) / 3600


def price_double(target: Decimal, replicas: int, seconds: float) -> Decimal:
    """What it cost that so many replicas ran on both sides, USD: `target` is USD per hour of one."""
    return target * replicas * to_hours(seconds)


def count_hours_left(horizon_h: float, elapsed_s: float) -> Decimal:
    """The rest of the window, hours."""
    return max(Decimal(0), Decimal(horizon_h) - to_hours(elapsed_s))


def share_costs(costs_usd: Decimal, replicas_left: int, replicas: int) -> Decimal:
    """What is still to be paid of costs that every replica has the same part in, USD."""
    return costs_usd * replicas_left / replicas


def compute_remaining_usd(
    source: Decimal, target: Decimal, replicas_left: int, hours_left: Decimal, costs_left_usd: Decimal
) -> Decimal:
    """What moving the replicas that are left is still worth: the rest of the window, less what is still to be paid.

    `source` and `target` are USD per hour of one replica now. What has been spent is spent on either way.
    """
    return (source - target) * replicas_left * hours_left - costs_left_usd


def bound_error(
    source: Floats,
    replicas: Floats,
    pod_waves: Floats,
    gb: Floats,
    dearest_gb_usd: float,
    used_gb: float,
    assumed: Assumptions[float],
) -> Floats:
    """How far net and rank in floats can be from the exact ones, USD, for any target that is cheaper than the source.

    Proof: each is a sum of products of the inputs. With b < a, the magnitudes of its terms add up to at most twice the
    bracket below (savings a R H, overlap a R w + a w W, warm-up a R u; twice, because the weight of the target takes in
    that of the source), and for either egress the dearest price for all that was sent, now and before (differences of
    positions within the tiers are as wrong as the positions are). Every term of the egress is rounded fewer than
    _ROUNDINGS times and every other one fewer than half as often, each time by at most 2^-53 of itself (Higham,
    Accuracy and Stability of Numerical Algorithms, section 3.1); the factor of two covers the terms of second order.
    """
    hours = assumed.horizon_h + assumed.wave_h + assumed.warm_up_h
    terms = source * (replicas * hours + assumed.wave_h * pod_waves)
    egress = (gb + used_gb) * dearest_gb_usd * (assumed.return_probability + 1)
    return (terms + egress) * (2 * _ROUNDINGS * _ROUNDING)
