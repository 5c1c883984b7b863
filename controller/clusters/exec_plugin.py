"""Run a kubeconfig's credential plugin, where the settings allow it, and read what it prints.

The client library's own runner has no allow list and no timeout, hangs on a plugin that writes 64 KiB to
stderr, and swallows failures, so that requests go out without credentials. Source:
client.authentication.k8s.io, ExecCredential v1 and v1beta1.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from controller.clusters.kubeconfig import KubeconfigContext
from controller.clusters.settings import KubeSettings
from controller.errors import KubeconfigError
from oracle.untrusted_text import clean_text

#: A credential is renewed this long before it expires, so that it does not expire on the way. Seconds;
#: arbitrary.
EXPIRY_MARGIN_S = 60.0

#: Variables by which a program is made to load code, or to find other programs than its own.
_LOADER_VARIABLE = re.compile(
    r"LD_.+|DYLD_.+|GCONV_PATH|PATH|PYTHON.+|NODE_OPTIONS|NODE_PATH|PERL5.+|RUBY.+|BASH_ENV|ENV|SHELLOPTS|IFS|"
    r"JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|OPENSSL_.+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ExecCredential:
    """What a plugin printed. `expires_at` is in Unix seconds; None: until the server says 401."""

    token: str | None
    certificate_pem: str | None
    key_pem: str | None
    expires_at: float | None

    def __repr__(self) -> str:
        return f"ExecCredential(expires_at={self.expires_at})"


async def run_exec_plugin(context: KubeconfigContext, settings: KubeSettings) -> ExecCredential:
    """Run the context's plugin. Raises: KubeconfigError where it may not run, fails or prints nonsense."""
    plugin = context.exec_plugin or {}
    argv = _allowed_argv(context, plugin, settings)
    output = await _run(context, argv, _environment(context, plugin), settings.exec_plugin_timeout_s)
    return _parse_credential(context, argv[0], output)


def _allowed_argv(context: KubeconfigContext, plugin: Mapping[str, Any], settings: KubeSettings) -> list[str]:
    """Return what to run. Its arguments may hold secrets, so that no message ever shows them."""
    command = str(plugin.get("command") or "")
    if not _is_bare(command) and not Path(command).is_absolute():
        command = str(context.path.resolve().parent / command)
    found = shutil.which(command)
    if not _is_allowed(command, found, settings.allowed_exec_plugins):
        raise KubeconfigError(
            str(context.path),
            f"context {context.name} wants to run a program for its credentials: {clean_text(command)}; "
            f"if you trust it, add {clean_text(command)!r} to the allowed exec plugins",
        )
    if found is None:
        hint = clean_text(plugin.get("installHint") or "install it")
        raise KubeconfigError(
            str(context.path), f"the credential plugin {clean_text(command)} is not installed; {hint}"
        )
    return [found, *(str(argument) for argument in plugin.get("args") or ())]


def _is_allowed(command: str, found: str | None, allowed: Collection[str]) -> bool:
    """Whether a command may run: by its bare name, or as the very file that an allowed path leads to.

    A path allows one file, not every file of that name beside whatever kubeconfig.
    """
    if "*" in allowed or (_is_bare(command) and command in allowed):
        return True
    files = {Path(entry).resolve() for entry in allowed if not _is_bare(entry)}
    return found is not None and Path(found).resolve() in files


def _is_bare(command: str) -> bool:
    """Whether a command is a name to be looked for, and no path."""
    return Path(command).name == command


def _environment(context: KubeconfigContext, plugin: Mapping[str, Any]) -> dict[str, str]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = {k: v for k, v in context.cluster.items() if not k.endswith("extensions")}
    info = {"apiVersion": plugin.get("apiVersion"), "kind": "ExecCredential", "spec": spec}
    wanted = {str(variable["name"]): str(variable["value"]) for variable in plugin.get("env") or ()}
    _refuse_loader_variables(context, wanted)
    environment = {**os.environ, **wanted}
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(info)
    return environment


def _refuse_loader_variables(context: KubeconfigContext, wanted: Collection[str]) -> None:
    """An allowed program is trusted, not what a kubeconfig would have it load. Raises: KubeconfigError."""
    for name in wanted:
        if _LOADER_VARIABLE.fullmatch(name):
            raise KubeconfigError(
                str(context.path),
                f"context {context.name} sets {name} for its credential plugin, which makes it run other code; "
                f"remove it from the kubeconfig, or set it where you start SentinelAura",
            )


async def _run(
    context: KubeconfigContext, argv: list[str], environment: dict[str, str], timeout_s: float
) -> bytes:
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        raise KubeconfigError(
            str(context.path), f"the credential plugin {argv[0]} cannot run: {error}"
        ) from error
    try:
        output, complaint = await asyncio.wait_for(process.communicate(), timeout_s)
    except TimeoutError as error:
        raise KubeconfigError(
            str(context.path), f"the credential plugin {argv[0]} gave no answer within {timeout_s:g} s"
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        said = clean_text(complaint.decode(errors="replace"))
        raise KubeconfigError(
            str(context.path), f"the credential plugin {argv[0]} failed with {process.returncode}: {said}"
        )
    return output


def _parse_credential(context: KubeconfigContext, command: str, output: bytes) -> ExecCredential:
    try:
        status = json.loads(output)["status"]
        expiry = status.get("expirationTimestamp")
        expires_at = datetime.fromisoformat(expiry).timestamp() if expiry else None
        token, certificate = status.get("token"), status.get("clientCertificateData")
        key = status.get("clientKeyData")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KubeconfigError(
            str(context.path), f"the credential plugin {command} printed no ExecCredential"
        ) from error
    if not token and not (certificate and key):
        raise KubeconfigError(
            str(context.path), f"the credential plugin {command} gave no token and no certificate"
        )
    return ExecCredential(token or None, certificate or None, key or None, expires_at)
