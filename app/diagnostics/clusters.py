"""Do the clusters answer, may we read and write there, and do their clocks agree with ours?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from app.composition import open_fleet
from app.config.configuration import Configuration
from app.diagnostics.advice import advise, write_context
from app.diagnostics.checks import Check, broken, ok, warning
from app.diagnostics.doctor_reasons import DoctorCode
from app.diagnostics.labels import check_labels
from app.diagnostics.rights import check_rights
from app.model.region_rows import reads_text
from controller.clusters.discovery import declare_node
from controller.clusters.exec_programs import FoundProgram
from controller.clusters.fleet import Cluster, FleetPicture, Health
from controller.clusters.region_manager import RegionManager
from controller.clusters.settings import NODE_DECLARATION, ROOM_DECLARATION, ContextOverride, FleetSettings
from controller.errors import ClusterError, KubeconfigError
from controller.reasons import Code
from oracle.foundation.reason import Reason, format_count

#: How long the contexts together may take to answer. Seconds; three lost packets and a slow credential plugin.
ANSWER_TIMEOUT_S = 15.0
#: A Lease lasts 30 s; clocks that differ by more than this make its times unreadable for people. Seconds.
MAX_CLOCK_DIFFERENCE_S = 10.0
#: Why a context is not seen although its API server answers.
_LACKS_RIGHTS = frozenset({Code.NODES_DENIED, Code.LIST_DENIED, Code.LIST_DENIED_IN_NAMESPACES})


#: What else is looked at when the clusters were read.
Look = Callable[[FleetPicture], Awaitable[list[Check]]]


async def look_no_further(picture: FleetPicture) -> list[Check]:
    return []


async def check_clusters(configuration: Configuration, look: Look = look_no_further) -> list[Check]:
    """Look at every context of the kubeconfig, all at once, and then at what `look` does. Changes nothing."""
    try:
        async with open_fleet(configuration) as fleet:
            picture = await wait_for_answers(fleet)
            groups = await asyncio.gather(
                *(
                    _check_context(fleet, cluster, configuration.clusters)
                    for cluster in picture.clusters.values()
                )
            )
            return [
                *(
                    warning("kubeconfig", note, "correct the file; the rest of it is used")
                    for note in fleet.notes
                ),
                *map(_check_program, fleet.programs.found),
                *(check for group in groups for check in group),
                *await look(picture),
            ]
    except KubeconfigError as error:
        return [broken("kubeconfig", error.reason, "correct --kubeconfig")]


def _check_program(program: FoundProgram) -> Check:
    """Which file an allowed credential plugin stands for."""
    name = f"credential plugin {program.entry}"
    if program.problem is not None:
        advice = (
            "install or mend it, or take it out of allowed_exec_plugins; contexts that need it cannot be used"
        )
        return warning(name, program.problem, advice)
    return ok(name, str(program.file))


async def wait_for_answers(fleet: RegionManager) -> FleetPicture:
    """Return the clusters once each was read or has failed, or after ANSWER_TIMEOUT_S."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while any(map(_is_awaited, fleet.picture().clusters.values())):
                await fleet.wait_for_change()
    except TimeoutError:
        pass  # who has not answered is reported as connecting
    return fleet.picture()


def _is_awaited(cluster: Cluster) -> bool:
    is_half_read = cluster.health is Health.REACHABLE and not cluster.is_complete
    return cluster.health is Health.CONNECTING or is_half_read


async def _check_context(fleet: RegionManager, cluster: Cluster, settings: FleetSettings) -> list[Check]:
    """Look at one context, with what the configuration says of it."""
    override = settings.overrides.get(cluster.context, ContextOverride())
    name, api = f"context {cluster.context}", fleet.api(cluster.context)
    if cluster.health is not Health.REACHABLE:
        reason = cluster.reason or Code.CONTEXT_CONNECTING.because(context=cluster.context)
        # Whoever is let in and sees too little is told of all that is missing at once.
        rights = await check_rights(api, override) if reason.code in _LACKS_RIGHTS else []
        return [broken(name, reason, _advise(cluster, override, reason)), *rights]
    place = f"{cluster.provider or 'unknown provider'}, {cluster.region or 'unknown region'}"
    aliases = f", the same cluster as {', '.join(cluster.aliases)}" if cluster.aliases else ""
    is_said = declare_node(override) in cluster.nodes
    nodes = "nodes as configured" if is_said else format_count(len(cluster.nodes), "node")
    seen = f"{nodes}, {format_count(len(cluster.workloads), 'Deployment')}"
    found = ok(name, f"{place}, {seen}{aliases}; read: {reads_text(cluster.read_at, time.time())}")
    if missing := _find_missing(cluster):
        unpriced = DoctorCode.NO_PRICE_WITHOUT.because(place=place, missing=", ".join(missing))
        found = warning(
            name,
            unpriced,
            _say_in_file("say in the configuration file what it is:", cluster, override, missing),
        )
    warnings = [warning(name, text, "see the kubeconfig") for text in fleet.warnings(cluster.context)]
    return [
        found,
        *warnings,
        *check_labels(cluster, settings),
        *_check_room(cluster, override),
        *await check_rights(api, override),
        await _check_time(fleet, cluster.context),
    ]


def _advise(cluster: Cluster, override: ContextOverride, reason: Reason) -> str:
    advice = advise(reason.code)
    if reason.code is not Code.NODES_DENIED:
        return advice
    return _say_in_file(advice, cluster, override, NODE_DECLARATION)


def _find_missing(cluster: Cluster) -> list[str]:
    """What no node says and a price needs, as the configuration names it."""
    unpriced = [node for node in cluster.nodes if node.offering is None]
    missing = {name for node in unpriced for name in node.facts.missing}
    says = {"provider": cluster.provider, "region": cluster.region}
    unsaid = {name for name in missing if not says.get(name)} or {n for n in says if not says[n]}
    if not cluster.nodes:
        unsaid.add("instance_type")
    return [name for name in ("provider", "region", "instance_type", "capacity_type") if name in unsaid]


def _check_room(cluster: Cluster, override: ContextOverride) -> list[Check]:
    """Say once that it is not known how much may be moved there."""
    if cluster.free is not None:
        return []
    advice = "moves there are for a person to start, none for a program; what your pods may use can be said:"
    unknown = Code.ROOM_UNKNOWN.because(target=cluster.context)
    return [
        warning(f"room {cluster.context}", unknown, _say_in_file(advice, cluster, override, ROOM_DECLARATION))
    ]


def _say_in_file(advice: str, cluster: Cluster, override: ContextOverride, keys: Iterable[str]) -> str:
    """Advice with the lines that a person would paste into the configuration file, and correct there."""
    known = {"provider": cluster.provider, "region": cluster.region}
    return f"{advice}\n{write_context(cluster.context, keys, override, known)}"


async def _check_time(fleet: RegionManager, context: str) -> Check:
    name = f"time {context}"
    try:
        difference_s = time.time() - await fleet.read_server_time(context)
    except ClusterError as error:
        return warning(name, error.reason, "the server's clock could not be read: compare the clocks by hand")
    if abs(difference_s) > MAX_CLOCK_DIFFERENCE_S:
        differs = DoctorCode.CLOCK_DIFFERS.because(seconds=difference_s)
        return warning(name, differs, "synchronise both by NTP")
    return ok(name, "clocks agree")
