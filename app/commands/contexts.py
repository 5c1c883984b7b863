"""`sentinelaura contexts`: what a kubeconfig offers, whom it would have us be and what it would run. Contacts none."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.commands.output import MAX_MESSAGE_CHARACTERS, report_line, write_output
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.clusters.exec_programs import ExecPrograms
from controller.clusters.kube_configuration import find_reason_to_refuse
from controller.clusters.kubeconfig import KubeconfigContext, read_kubeconfig, split_kubeconfig_paths
from controller.errors import ContextRefused
from oracle.foundation.reason import Reason, encode_reason
from oracle.foundation.untrusted_text import clean_text


@dataclass(frozen=True, slots=True)
class _Row:
    """One context; `state` is used, refused or left out."""

    context: str
    server: str
    credential: str
    state: str
    reason: Reason | None = None


async def run_contexts(arguments: Namespace, configuration: Configuration) -> int:
    """Print one line for each context, and below it why it is not used. Raises: KubeconfigError."""
    if configuration.kubeconfig is None:
        report_line("no --kubeconfig: the clusters are simulated, and need no credential")
        return ExitCode.OK
    kubeconfig = read_kubeconfig(split_kubeconfig_paths(configuration.kubeconfig))
    programs = ExecPrograms(configuration.clusters.kube)
    rows = [_describe(context, configuration, programs) for context in kubeconfig.contexts.values()]
    for note in kubeconfig.notes:
        report_line(note)
    write_output(
        json.dumps({"contexts": [_to_json(row) for row in rows]}, indent=2)
        if arguments.json
        else "\n".join(_to_lines(rows))
    )
    return ExitCode.OK


def _describe(context: KubeconfigContext, configuration: Configuration, programs: ExecPrograms) -> _Row:
    reason = find_reason_to_refuse(context, configuration.clusters.kube, programs)
    state = "used" if reason is None else "refused"
    chosen = configuration.clusters.contexts
    if chosen is not None and context.name not in chosen:
        state, reason = "left out", None
    return _Row(context.name, context.server, _describe_credential(context, programs), state, reason)


def _describe_credential(context: KubeconfigContext, programs: ExecPrograms) -> str:
    """What is sent or run, and as whom; never the credential itself."""
    user = context.user
    kinds = {
        "token": user.token,
        "token file": user.token_file,
        "password": user.username,
        "client certificate": user.certificate,
    }
    parts = [kind for kind, value in kinds.items() if value is not None]
    if user.exec_plugin is not None:
        parts.append(f"plugin {user.exec_plugin.command}")
        try:
            parts[-1] += f" ({programs.permit(user.exec_plugin, context.name)})"
        except ContextRefused:
            pass  # the reason stands beside it
    if user.impersonation is not None:
        parts.append(f"as {user.impersonation.user}")
    return ", ".join(parts) or "none"


def _to_json(row: _Row) -> dict[str, Any]:
    return {
        "context": row.context,
        "server": row.server,
        "credential": row.credential,
        "state": row.state,
        "reason": None if row.reason is None else encode_reason(row.reason),
    }


def _to_lines(rows: Iterable[_Row]) -> Iterable[str]:
    for row in rows:
        context, server, credential, reason = (
            clean_text(text, MAX_MESSAGE_CHARACTERS)
            for text in (row.context, row.server, row.credential, row.reason or "")
        )
        yield f"{row.state:<9} {context:<32} {server or '-':<40} {credential}"
        if reason:
            yield f"{'':10}{reason}"
