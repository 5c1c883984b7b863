"""Extended resources: GPUs and whatever else device plugins count, by the name under which they are asked for. Pure.

Amounts are sorted by name, and none of them is zero, so that equal needs are equal values. A name is the whole of what
two devices have in common: an `nvidia.com/gpu` of one cluster may be another card than that of the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

#: (name, amount), sorted.
Devices: TypeAlias = tuple[tuple[str, float], ...]

NO_DEVICES: Devices = ()


def is_device(resource: str) -> bool:
    """Whether a resource is an extended one: a name of another domain than Kubernetes' own."""
    domain, slash, _ = resource.partition("/")
    return bool(slash) and domain != "kubernetes.io" and not domain.endswith(".kubernetes.io")


def make_devices(amounts: Mapping[str, float]) -> Devices:
    """Return the amounts as a value."""
    return tuple(sorted((name, amount) for name, amount in amounts.items() if amount))


def add(one: Devices, other: Devices, factor: float = 1.0) -> Devices:
    """Return one and so many times the other."""
    if not other:
        return one
    amounts = dict(one)
    for name, amount in other:
        amounts[name] = amounts.get(name, 0.0) + factor * amount
    return make_devices(amounts)


def find_least(rooms: Iterable[Devices]) -> Devices:
    """Return of each device what every one of some nodes has."""
    each = [dict(devices) for devices in rooms]
    names = set.intersection(*(set(devices) for devices in each)) if each else set[str]()
    return make_devices({name: min(devices[name] for devices in each) for name in names})


def find_most(rooms: Iterable[Devices]) -> Devices:
    """Return of each device the most that one of some nodes has."""
    most: dict[str, float] = {}
    for devices in rooms:
        for name, amount in devices:
            most[name] = max(most.get(name, 0.0), amount)
    return make_devices(most)


def find_lack(needed: Devices, room: Devices) -> Devices:
    """Return those that are needed and not all there, as they are needed."""
    there = dict(room)
    return tuple((name, amount) for name, amount in needed if amount > there.get(name, 0.0))


def name_devices(devices: Devices) -> tuple[str, ...]:
    """Return each for people: `8 nvidia.com/gpu`."""
    return tuple(f"{amount:g} {name}" for name, amount in devices)
