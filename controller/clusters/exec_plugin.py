"""Run a kubeconfig's credential plugin, where it is permitted, and read what it prints.

The client library's own runner has no allow list and no timeout, hangs on a plugin that writes 64 KiB to
stderr, and swallows failures, so that requests go out without credentials. Source:
client.authentication.k8s.io, ExecCredential v1 and v1beta1.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from controller.clusters.exec_programs import ExecPrograms
from controller.clusters.file_questions import FileQuestions, FilesSilent
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.kubeconfig_entries import ExecPlugin
from controller.clusters.pem_files import ask_files, read_pem, tell_files_silent
from controller.clusters.plugin_process import PluginProcess
from controller.clusters.settings import KubeSettings
from controller.errors import ContextRefused
from controller.reasons import Code
from oracle.foundation.untrusted_text import clean_text

#: A credential is renewed this long before it expires, so that it does not expire on the way. Seconds;
#: arbitrary.
EXPIRY_MARGIN_S = 60.0


@dataclass(frozen=True, slots=True)
class ExecCredential:
    """What a plugin printed. `expires_at` is in Unix seconds; None: until the server says 401."""

    token: str | None
    certificate_pem: str | None
    key_pem: str | None
    expires_at: float | None

    def __repr__(self) -> str:
        return f"ExecCredential(expires_at={self.expires_at})"


async def run_exec_plugin(
    context: KubeconfigContext,
    plugin: ExecPlugin,
    settings: KubeSettings,
    programs: ExecPrograms,
    files: FileQuestions,
) -> ExecCredential:
    """Run the context's plugin. Raises: ContextRefused where it may not run, fails or prints nonsense."""
    program, told = await ask_files(context, files, settings, _prepare, context, plugin, programs)
    environment = {**os.environ, **plugin.environment, "KUBERNETES_EXEC_INFO": json.dumps(told)}
    process = PluginProcess(
        context.name, [str(program), *plugin.arguments], environment, settings.exec_plugin_timeout_s
    )
    async with programs.turn:
        try:
            output = await process.run(files)
        except FilesSilent:
            raise tell_files_silent(context) from None
    return _parse_credential(context.name, str(program), plugin.api_version, output)


def _prepare(
    context: KubeconfigContext, plugin: ExecPlugin, programs: ExecPrograms
) -> tuple[Path, dict[str, Any]]:
    """The file to run and what it is told. Blocks on files. Raises: ContextRefused."""
    return programs.permit(plugin, context.name, context.receivers), _build_exec_info(context, plugin)


def _build_exec_info(context: KubeconfigContext, plugin: ExecPlugin) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.wants_cluster:
        spec["cluster"] = _describe_cluster(context)
    return {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}


def _describe_cluster(context: KubeconfigContext) -> dict[str, Any]:
    """The cluster as client-go's ConfigToExecCluster describes it: an authority as data, also where it is a file."""
    cluster = context.cluster
    authority = read_pem(context, cluster.authority) if cluster.authority is not None else b""
    described = {
        "server": context.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.skips_tls_verification,
        "certificate-authority-data": base64.b64encode(authority).decode(),
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disables_compression,
    }
    known = {name: value for name, value in described.items() if value}
    return known if cluster.plugin_config is None else {**known, "config": cluster.plugin_config}


def _parse_credential(context: str, plugin: str, api_version: str, output: bytes) -> ExecCredential:
    unusable = Code.PLUGIN_ANSWER_UNUSABLE.because(context=context, plugin=plugin)
    try:
        answer = json.loads(output)
        spoken, status = answer.get("apiVersion", api_version), answer["status"]
        expiry = status.get("expirationTimestamp")
        expires_at = datetime.fromisoformat(expiry).timestamp() if expiry else None
        texts = [status.get(name) for name in ("token", "clientCertificateData", "clientKeyData")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ContextRefused(unusable) from error
    if spoken != api_version:
        shown = clean_text(spoken, 60)
        raise ContextRefused(
            Code.PLUGIN_VERSION_OTHER.because(
                context=context, plugin=plugin, spoken=shown, wanted=api_version
            )
        )
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ContextRefused(unusable)
    token, certificate, key = (text or None for text in texts)
    has_half = (certificate is None) != (key is None)
    if has_half or not (token or certificate):
        raise ContextRefused(unusable)
    return ExecCredential(token, certificate, key, expires_at)
