"""`sentinelaura contexts`: what a kubeconfig offers, whom it would have us be and what it would run. Contacts none."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from app.commands.output import MAX_MESSAGE_CHARACTERS, report_line, write_output
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from app.model.kubeconfig_rows import ContextRow, make_context_rows
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
    for note in kubeconfig.notes:
        report_line(str(note))
    write_output(
        json.dumps({"contexts": [_to_json(row) for row in rows]}, indent=2)
        if arguments.json
        else "\n".join(_to_lines(rows))
    )
    return ExitCode.OK


def _name_state(row: ContextRow) -> str:
    """Of a context that the settings leave out nothing more is said."""
    if not row.is_wanted:
        return "left out"
    return "used" if row.reason is None else "refused"


def _to_json(row: ContextRow) -> dict[str, Any]:
    return {
        "context": row.name,
        "server": row.server,
        "credential": row.credential,
        "state": _name_state(row),
        "reason": encode_reason(row.reason) if row.reason is not None and row.is_wanted else None,
    }


def _to_lines(rows: Iterable[ContextRow]) -> Iterable[str]:
    for row in rows:
        context, server, credential, reason = (
            clean_text(text, MAX_MESSAGE_CHARACTERS)
            for text in (row.name, row.server, row.credential, row.reason or "")
        )
        yield f"{_name_state(row):<9} {context:<32} {server or '-':<40} {credential}"
        if reason and row.is_wanted:
            yield f"{'':10}{reason}"
