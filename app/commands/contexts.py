"""`sentinelaura contexts`: what a kubeconfig offers, whom it would have us be and what it would run.

It contacts none, so that a person may look before anything happens; with `--nodes` it asks those that are used what
their nodes are.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable, Mapping
from typing import Any

from app.commands.nodes_report import nodes_to_json, nodes_to_lines
from app.commands.output import MAX_MESSAGE_CHARACTERS, report_line, write_output
from app.composition import open_fleet
from app.config.configuration import Configuration
from app.diagnostics.clusters import wait_for_answers
from app.exit_codes import ExitCode
from app.model.arming import describe_terms
from app.model.kubeconfig_rows import ContextRow, make_context_rows
from controller.clusters.arming import ArmingTerms
from controller.clusters.fleet import Cluster
from controller.clusters.kubeconfig import read_kubeconfig, split_kubeconfig_paths
from oracle.foundation.reason import encode_reason
from oracle.foundation.untrusted_text import clean_text


async def run_contexts(arguments: Namespace, configuration: Configuration) -> int:
    """Print one line for each context, and below it why it is not used. Raises: KubeconfigError."""
    if configuration.kubeconfig is None:
        report_line("no --kubeconfig: the clusters are simulated, and need no credential")
        return ExitCode.OK
    kubeconfig = read_kubeconfig(split_kubeconfig_paths(configuration.kubeconfig))
    rows = make_context_rows(kubeconfig, configuration.clusters)
    clusters = await _ask_for_nodes(configuration) if arguments.nodes else {}
    for note in kubeconfig.notes:
        report_line(str(note))
    write_output(
        json.dumps({"contexts": [_to_json(row, clusters) for row in rows]}, indent=2)
        if arguments.json
        else "\n".join(_to_lines(rows, clusters))
    )
    return ExitCode.OK


def _name_state(row: ContextRow) -> str:
    """Of a context that the settings leave out nothing more is said."""
    if not row.is_wanted:
        return "left out"
    return "used" if row.reason is None else "refused"


async def _ask_for_nodes(configuration: Configuration) -> Mapping[str, Cluster]:
    """Return the clusters by the names of their contexts; an alias has the cluster that it leads to."""
    async with open_fleet(configuration) as fleet:
        picture = await wait_for_answers(fleet)
    return {
        name: cluster for cluster in picture.clusters.values() for name in (*cluster.aliases, cluster.context)
    }


def _to_json(row: ContextRow, clusters: Mapping[str, Cluster]) -> dict[str, Any]:
    asked = {"cluster": nodes_to_json(clusters[row.name])} if row.name in clusters else {}
    return {
        "context": row.name,
        "server": row.server,
        "credential": row.credential,
        "state": _name_state(row),
        "reason": encode_reason(row.reason) if row.reason is not None and row.is_wanted else None,
        "armed": None if row.armed is None else _armed_to_json(row.armed),
        **asked,
    }


def _armed_to_json(terms: ArmingTerms) -> dict[str, Any]:
    return {
        "cluster_uid": terms.cluster_uid,
        "namespaces": None if terms.namespaces is None else sorted(terms.namespaces),
        "moves_per_day": terms.moves_per_day,
        "replicas_at_once": terms.replicas_at_once,
    }


def _to_lines(rows: Iterable[ContextRow], clusters: Mapping[str, Cluster]) -> Iterable[str]:
    for row in rows:
        context, server, credential, reason = (
            clean_text(text, MAX_MESSAGE_CHARACTERS)
            for text in (row.name, row.server, row.credential, row.reason or "")
        )
        yield f"{_name_state(row):<9} {context:<32} {server or '-':<40} {credential}"
        if reason and row.is_wanted:
            yield f"{'':10}{reason}"
        if row.armed is not None and row.is_wanted:
            yield f"{'':10}armed by the configuration: {clean_text(describe_terms(row.armed), MAX_MESSAGE_CHARACTERS)}"
        if row.name in clusters:
            yield from nodes_to_lines(clusters[row.name])
