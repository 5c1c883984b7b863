"""Run a kubeconfig's credential plugin, where it is permitted, and read what it prints.

The client library's own runner has no allow list and no timeout, hangs on a plugin that writes 64 KiB to
stderr, and swallows failures, so that requests go out without credentials. Source:
client.authentication.k8s.io, ExecCredential v1 and v1beta1.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controller.clusters.exec_programs import ExecPrograms
from controller.clusters.file_questions import FileQuestions
from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.kubeconfig_entries import ExecPlugin
from controller.clusters.pem_files import ask_files, read_pem
from controller.clusters.settings import KubeSettings
from controller.errors import ContextRefused
from controller.reasons import Code
from oracle.foundation.untrusted_text import clean_text

#: A credential is renewed this long before it expires, so that it does not expire on the way. Seconds;
#: arbitrary.
EXPIRY_MARGIN_S = 60.0


#: More than any credential takes; of its complaints as much is read, and the rest is let go.
MAX_HEARD_BYTES = 1024 * 1024

#: Seconds that a killed plugin is waited for; only the kernel can make it take any.
MAX_DYING_S = 5.0


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
    program = str(programs.permit(plugin, context.name, context.receivers))
    environment = {**os.environ, **plugin.environment}
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(
        await ask_files(context, files, settings, _build_exec_info, context, plugin)
    )
    async with programs.turn:
        output = await _run(
            context.name, [program, *plugin.arguments], environment, settings.exec_plugin_timeout_s
        )
    return _parse_credential(context.name, program, plugin.api_version, output)


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


async def _run(context: str, argv: list[str], environment: Mapping[str, str], timeout_s: float) -> bytes:
    named = {"context": context, "plugin": argv[0]}
    pipe = asyncio.subprocess.PIPE
    loop = asyncio.get_running_loop()
    try:
        # A session of its own: what it starts in turn ends with it.
        transport, heard = await loop.subprocess_exec(
            lambda: _Heard(loop), *argv, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=pipe,
            stderr=pipe, start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise ContextRefused(Code.PLUGIN_NOT_STARTED.because(**named, error=str(error))) from error
    try:
        await asyncio.wait_for(heard.ended, timeout_s)
    except TimeoutError as error:
        raise ContextRefused(Code.PLUGIN_TIMED_OUT.because(**named, seconds=timeout_s)) from error
    finally:
        status = transport.get_returncode()
        if status is None:
            _kill_all(transport.get_pid())
            await asyncio.wait({heard.exited}, timeout=MAX_DYING_S)
        # Whoever still holds its pipes, a child of it that it has left running, is not waited for.
        transport.close()
    if status is None:
        raise ContextRefused(Code.PLUGIN_ANSWER_UNUSABLE.because(**named))
    if status != 0:
        said = clean_text(heard.complaint.decode(errors="replace"))
        raise ContextRefused(Code.PLUGIN_FAILED.because(**named, status=status, said=said))
    return bytes(heard.output)


class _Heard(asyncio.SubprocessProtocol):
    """What a plugin says, as far as anybody wants to hear it.

    `ended`: it has ended and nobody holds its pipes, or it says too much. `exited`: it has ended.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ended: asyncio.Future[None] = loop.create_future()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.output, self.complaint = bytearray(), bytearray()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        heard = self.output if fd == 1 else self.complaint
        heard += data[: MAX_HEARD_BYTES - len(heard)]
        if fd == 1 and len(heard) >= MAX_HEARD_BYTES:
            _settle(self.ended)

    def process_exited(self) -> None:
        _settle(self.exited)

    def connection_lost(self, exc: Exception | None) -> None:
        _settle(self.ended)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _kill_all(leader: int) -> None:
    """End a plugin that still runs, and what it has started in its session."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # it has ended just now; what is not ours to end is not waited for either


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
