"""What becomes of all that belongs to a workload, before anybody moves it. Only reads, of the source alone.

The preflight asks again and decides; this tells a person in time. What travels is what `read_closure` returns, so that
neither list can say what the other does not do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from controller.clusters import paths
from controller.clusters.json_reading import as_mapping, as_text
from controller.clusters.label_selectors import is_empty
from controller.clusters.left_behind import check_identity, find_calls, find_traffic
from controller.clusters.listing import list_all
from controller.clusters.pod_ties import find_ties
from controller.clusters.vertical_autoscalers import find_vertical_autoscalers
from controller.contract.inventory import MAX_LINES, Inventory
from controller.errors import ClusterError
from controller.migration.access.cluster_side import ClusterSide
from controller.migration.protocol.errors import MoveFailed
from controller.migration.steps.closure import find_references, list_left_out
from controller.migration.steps.freezing import find_owner
from controller.migration.steps.frozen_autoscalers import list_scaling
from controller.migration.steps.travelling import SELECTING, Selecting, Travelling, read_closure
from controller.reasons import Code
from oracle.foundation.reason import Reason


async def take_inventory(source: ClusterSide, at: float) -> Inventory:
    """Look at what belongs to the Deployment; what could not be looked at is said instead of a list."""
    try:
        closure = await read_closure(source)
        template = as_mapping(as_mapping(closure[-1].body.get("spec")).get("template"))
        autoscalers = await list_scaling(source)
        travels = [[_tell_travelling(one) for one in closure], [_tell_autoscaler(one) for one in autoscalers]]
        stays = await _find_staying(source, closure, template)
        breaks = [
            *await _find_breaking(source, template),
            [_tell_scaling(source, one) for one in autoscalers],
        ]
    except (ClusterError, MoveFailed) as error:
        return Inventory(at, unread=error.reason)
    left_off = sum(max(0, len(kind) - MAX_LINES) for kind in (*travels, *stays, *breaks))
    return Inventory(at, _join(travels), _join(stays), _join(breaks), left_off)


async def _find_staying(
    source: ClusterSide, closure: Iterable[Travelling], template: Mapping[str, Any]
) -> list[list[Reason]]:
    """What the target has to have already, and what nobody can look into, kind by kind."""
    sized = list(await find_vertical_autoscalers(source.api, source.namespace, source.name))
    secrets = [Code.SECRET_STAYS.because(name=name) for name in find_references(template).secrets]
    services = [one.name for one in closure if one.resource == "services"]
    callers = [Code.UNSEEN_CALLERS_STAY.because(name=name) for name in services]
    return [secrets, *[await _find_wide(source, chosen) for chosen in SELECTING], sized, callers]


async def _find_wide(source: ClusterSide, chosen: Selecting) -> list[Reason]:
    """What is about every pod of the namespace."""
    listed = (await list_all(source.api, paths.collection(chosen.resource, source.namespace))).items
    return [
        Code.OF_NAMESPACE_STAYS.because(kind=chosen.kind, name=_name(body))
        for body in listed
        if is_empty(chosen.find_selector(body))
    ]


async def _find_breaking(source: ClusterSide, template: Mapping[str, Any]) -> list[Sequence[Reason]]:
    """What refuses a move until it is accepted, or for good, kind by kind."""
    api, namespace = source.api, source.namespace
    identity = (await check_identity(api, namespace, template)).reason
    return [
        list(find_ties(template)),
        await find_traffic(api, namespace, template),
        await find_calls(api, namespace, source.name, template),
        [identity] if identity is not None else [],
    ]


def _tell_travelling(one: Travelling) -> Reason:
    kind, left_out = str(one.body.get("kind")), list_left_out(one.body)
    if left_out:
        return Code.TRAVELS_WITHOUT.because(kind=kind, name=one.name, left_out=left_out)
    return Code.TRAVELS.because(kind=kind, name=one.name)


def _tell_autoscaler(body: Mapping[str, Any]) -> Reason:
    return Code.TRAVELS.because(kind="HorizontalPodAutoscaler", name=_name(body))


def _tell_scaling(source: ClusterSide, body: Mapping[str, Any]) -> Reason:
    """It refuses the move until somebody accepts that it is frozen, or for good where it would be set back."""
    named = {"name": _name(body), "context": source.context}
    owner = find_owner(body)
    if owner is not None:
        return Code.AUTOSCALER_OWNED.because(**named, owner=owner)
    return Code.AUTOSCALER_IN_THE_WAY.because(**named)


def _join(kinds: Iterable[Sequence[Reason]]) -> tuple[Reason, ...]:
    """One column, with no more lines of each kind than anybody reads."""
    return tuple(line for kind in kinds for line in kind[:MAX_LINES])


def _name(body: object) -> str:
    return as_text(as_mapping(as_mapping(body).get("metadata")).get("name")) or ""
