"""Do the clusters answer, may we read and write there, and do their clocks agree with ours?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable

from app.composition import open_fleet
from app.config.configuration import Configuration
from app.diagnostics.checks import Check, broken, ok, warning
from app.diagnostics.doctor_reasons import DoctorCode
from controller.clusters import permissions
from controller.clusters.checks import Outcome
from controller.clusters.discovery import declare_node
from controller.clusters.exec_programs import FoundProgram
from controller.clusters.fleet import Cluster, FleetPicture, Health
from controller.clusters.kube_api import KubeApi
from controller.clusters.left_behind import find_route_permissions
from controller.clusters.permissions import Permission
from controller.clusters.region_manager import RegionManager
from controller.clusters.settings import ContextOverride
from controller.clusters.toml_text import toml_key, toml_text
from controller.errors import ClusterError, KubeconfigError
from controller.reasons import Code

#: How long the contexts together may take to answer. Seconds; three lost packets and a slow credential plugin.
ANSWER_TIMEOUT_S = 15.0
#: A Lease lasts 30 s; clocks that differ by more than this make its times unreadable for people. Seconds.
MAX_CLOCK_DIFFERENCE_S = 10.0


async def check_clusters(configuration: Configuration) -> list[Check]:
    """Look at every context of the kubeconfig, all at once. Changes nothing."""
    try:
        async with open_fleet(configuration) as fleet:
            picture = await _wait_for_answers(fleet)
            contexts = configuration.clusters.overrides
            groups = await asyncio.gather(
                *(
                    _check_context(fleet, cluster, contexts.get(cluster.context, ContextOverride()))
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


async def _wait_for_answers(fleet: RegionManager) -> FleetPicture:
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while any(cluster.health is Health.CONNECTING for cluster in fleet.picture().clusters.values()):
                await fleet.wait_for_change()
    except TimeoutError:
        pass  # who has not answered is reported as connecting
    return fleet.picture()


async def _check_context(fleet: RegionManager, cluster: Cluster, override: ContextOverride) -> list[Check]:
    """Look at one context, with what the configuration says of it."""
    name = f"context {cluster.context}"
    if cluster.health is not Health.REACHABLE:
        advice = "check the server's address, the network and the credentials in the kubeconfig"
        return [
            broken(name, cluster.reason or Code.CONTEXT_CONNECTING.because(context=cluster.context), advice)
        ]
    api = fleet.api(cluster.context)
    place = f"{cluster.provider or 'unknown provider'}, {cluster.region or 'unknown region'}"
    aliases = f", the same cluster as {', '.join(cluster.aliases)}" if cluster.aliases else ""
    found = ok(name, f"{place}, {len(cluster.nodes)} nodes, {len(cluster.workloads)} Deployments{aliases}")
    if missing := _find_missing(cluster):
        unpriced = DoctorCode.NO_PRICE_WITHOUT.because(place=place, missing=", ".join(missing))
        found = warning(name, unpriced, _advise_context(cluster, missing))
    warnings = [warning(name, text, "see the kubeconfig") for text in fleet.warnings(cluster.context)]
    return [found, *warnings, *await _check_rights(api, override), await _check_time(fleet, cluster.context)]


def _find_missing(cluster: Cluster) -> list[str]:
    """What no node says and a price needs, as the configuration names it."""
    says = {
        "provider": cluster.provider,
        "region": cluster.region,
        "instance_type": any(node.offering is not None for node in cluster.nodes),
    }
    return [name for name, value in says.items() if not value]


def _advise_context(cluster: Cluster, missing: Iterable[str]) -> str:
    """Lines for the configuration file, which can be pasted at its end."""
    known = {"provider": cluster.provider, "region": cluster.region}
    examples = {"provider": "aws", "region": "eu-west-1", "instance_type": "m5.2xlarge"}
    lines = [f"{key} = {toml_text(known.get(key) or examples[key])}" for key in missing]
    return "\n".join(
        ["say in the configuration file what it is:", f"[contexts.{toml_key(cluster.context)}]", *lines]
    )


async def _check_rights(api: KubeApi, override: ContextOverride) -> list[Check]:
    asked = permissions.ALL
    if declare_node(override) is not None:
        # The configuration says what its nodes are.
        asked = tuple(permission for permission in asked if permission.resource != "nodes")
    namespace, name = override.namespace, f"permissions {api.context}"
    try:
        routes = await find_route_permissions(api)
    except ClusterError as error:
        return [
            warning(name, error.reason, "without that answer no workload with a Service is moved from there")
        ]
    asked = (*asked, *routes)
    answers = dict(zip(asked, await permissions.check_permissions(api, asked, namespace), strict=True))
    unknown = (answer.reason for answer in answers.values() if answer.outcome is Outcome.UNKNOWN)
    if (reason := next(unknown, None)) is not None:
        return [warning(name, reason, "run doctor again once the server answers")]
    lacking = {permission for permission, answer in answers.items() if answer.outcome is Outcome.FAILED}
    place = "all namespaces" if namespace is None else f"namespace {namespace}"
    return _judge_rights(name, lacking, (*permissions.MOVE_FROM, *permissions.MOVE_TO, *routes), place)


def _judge_rights(
    name: str, lacking: Collection[Permission], needed: Iterable[Permission], place: str
) -> list[Check]:
    """`needed`: what a migration needs, besides what looks for the objects that some pods name."""
    if unseen := _name_lacking(permissions.OBSERVE, lacking):
        advice = "grant them, or name one namespace for this context: prices and workloads stay unknown"
        return [broken(name, DoctorCode.CANNOT_OBSERVE.because(place=place, rights=unseen), advice)]
    found = []
    if late := _name_lacking(permissions.FOLLOW, lacking):
        reason = DoctorCode.CANNOT_FOLLOW.because(rights=late)
        found.append(warning(name, reason, "grant them: changes are seen with some delay"))
    if unmoved := _name_lacking(dict.fromkeys(needed), lacking):
        reason = DoctorCode.CANNOT_MOVE.because(place=place, rights=unmoved)
        found.append(warning(name, reason, "migrations need these as well"))
    elif unfound := _name_lacking(permissions.FIND_NEEDED, lacking):
        reason = DoctorCode.CANNOT_FIND.because(rights=unfound)
        advice = "to take in pods that use some, grant get for these by name; they are never copied"
        found.append(warning(name, reason, advice))
    return found or [ok(name, "may observe and migrate")]


def _name_lacking(needed: Iterable[Permission], lacking: Collection[Permission]) -> str:
    return "; ".join(str(permission) for permission in needed if permission in lacking)


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
