"""`sentinelaura egress`: what it costs to send data from one context or region to another, and who says so."""

from __future__ import annotations

import asyncio
import json
import re
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace

from app.commands.egress_report import Place, PricedWay, ways_to_json, ways_to_text
from app.commands.failures import CommandFailed
from app.commands.output import write_output
from app.commands.picture import PICTURE_TIMEOUT_S
from app.composition import decision_settings, open_fleet
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.clusters.kubeconfig import read_kubeconfig, split_kubeconfig_paths
from controller.clusters.region_manager import RegionManager
from controller.decision.budgets import name_month
from controller.reasons import Code
from oracle.foundation.clocks import SYSTEM_CLOCKS

#: A provider and a region as their own names, where no context is called so.
_PLACE = re.compile(r"([a-z0-9-]{1,32})/([A-Za-z0-9_-]{1,64})")


async def run_egress(arguments: Namespace, configuration: Configuration) -> int:
    """Print the way there and back. Raises: KubeconfigError, CommandFailed where a place or the price is unknown."""
    names = (arguments.source, arguments.target)
    places = await _find_places(names, configuration)
    source, target = (places[name] for name in names)
    egress = decision_settings(configuration).egress
    there, back = (
        PricedWay(
            here,
            goal,
            arguments.gb,
            egress.find_rate(here.provider, here.region, goal.provider, goal.region),
            name_month(SYSTEM_CLOCKS.wall()),
        )
        for here, goal in ((source, target), (target, source))
    )
    document = (
        json.dumps(ways_to_json(there, back), indent=2) if arguments.json else ways_to_text(there, back)
    )
    write_output(document)
    if there.rate is None:
        raise CommandFailed(
            ExitCode.INCOMPLETE, Code.EGRESS_UNKNOWN.because(source=source.name, target=target.name)
        )
    return ExitCode.OK


async def _find_places(names: Iterable[str], configuration: Configuration) -> dict[str, Place]:
    """Return where each name is. No cluster is asked that the configuration says it of, and no other one either."""
    known = {name: place for name in names if (place := _find_said(name, configuration)) is not None}
    asked = frozenset(names) - known.keys()
    if not asked:
        return known
    clusters = replace(configuration.clusters, contexts=asked)
    async with open_fleet(replace(configuration, clusters=clusters)) as fleet:
        return {**known, **await _ask_places(asked, fleet)}


def _find_said(name: str, configuration: Configuration) -> Place | None:
    """Return where a name is without asking anybody; None where its nodes have to say it."""
    override = configuration.clusters.overrides.get(name)
    if override is not None and override.provider is not None and override.region is not None:
        return Place(name, override.provider, override.region)
    match = _PLACE.fullmatch(name)
    return None if match is None or _is_context(name, configuration) else Place(name, *match.groups())


def _is_context(name: str, configuration: Configuration) -> bool:
    if configuration.kubeconfig is None:
        return False  # no simulated one has a slash in its name
    return name in read_kubeconfig(split_kubeconfig_paths(configuration.kubeconfig)).contexts


async def _ask_places(names: Iterable[str], fleet: RegionManager) -> dict[str, Place]:
    """Wait until nodes have said where each context is. Raises: CommandFailed where they don't in time."""
    try:
        async with asyncio.timeout(PICTURE_TIMEOUT_S):
            while (places := _list_places(names, fleet)).keys() != set(names):
                await fleet.wait_for_change()
    except TimeoutError:
        missing = tuple(sorted(set(names) - _list_places(names, fleet).keys()))
        raise CommandFailed(ExitCode.INCOMPLETE, Code.PLACE_UNKNOWN.because(contexts=missing)) from None
    return places


def _list_places(names: Iterable[str], fleet: RegionManager) -> dict[str, Place]:
    clusters = fleet.picture().clusters
    found = {name: clusters.get(fleet.aliases.get(name, name)) for name in names}
    return {
        name: Place(name, cluster.provider, cluster.region)
        for name, cluster in found.items()
        if cluster is not None and cluster.provider is not None and cluster.region is not None
    }
