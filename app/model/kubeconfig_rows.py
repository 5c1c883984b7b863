"""What a kubeconfig offers, one row for each context: whom it would have us be, and why it is refused.

Reads what was read already: it contacts no server and runs no program. `app/commands/contexts.py` prints the rows, and
the window offers them to be chosen from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from controller.clusters.arming import ArmingTerms
from controller.clusters.exec_programs import ExecPrograms
from controller.clusters.kube_configuration import find_reason_to_refuse, list_warnings
from controller.clusters.kubeconfig import Kubeconfig, KubeconfigContext
from controller.clusters.settings import FleetSettings
from controller.errors import ContextRefused
from oracle.foundation.reason import Reason


@dataclass(frozen=True, slots=True)
class ContextRow:
    """One context. Its texts are the file's, and not cleaned.

    server: its whole address, empty where the file gives none that can be used. credential: what is sent or run, and as
    whom; never the credential itself. is_wanted: whether the settings want it. reason: why it is refused; None: it is
    not. warnings: what a person should know otherwise. armed: on which terms the settings arm it; None: they do not.
    """

    name: str
    server: str
    credential: str
    is_wanted: bool
    reason: Reason | None = None
    warnings: tuple[Reason, ...] = ()
    armed: ArmingTerms | None = None

    @property
    def host(self) -> str:
        """The server's host and port; with its scheme where that is not https."""
        parts = urlsplit(self.server)
        return parts.netloc if parts.scheme == "https" else self.server.removesuffix(parts.path)


def make_context_rows(kubeconfig: Kubeconfig, settings: FleetSettings) -> tuple[ContextRow, ...]:
    """Return the rows in the order of the file. Looks allowed programs up in the PATH."""
    programs = ExecPrograms(settings.kube)
    return tuple(_make_row(context, settings, programs) for context in kubeconfig.contexts.values())


def choose_first(rows: Iterable[ContextRow]) -> frozenset[str]:
    """Return the contexts that are chosen until a person says otherwise: what the settings say, or else all."""
    usable = {row.name: row.is_wanted for row in rows if row.reason is None}
    return frozenset(name for name, is_wanted in usable.items() if is_wanted) or frozenset(usable)


def _make_row(context: KubeconfigContext, settings: FleetSettings, programs: ExecPrograms) -> ContextRow:
    return ContextRow(
        context.name,
        context.server,
        _describe_credential(context, programs),
        is_wanted=settings.contexts is None or context.name in settings.contexts,
        reason=find_reason_to_refuse(context, settings.kube, programs),
        warnings=list_warnings(context),
        armed=settings.armed.get(context.name),
    )


def _describe_credential(context: KubeconfigContext, programs: ExecPrograms) -> str:
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
            parts[-1] += f" ({programs.permit(user.exec_plugin, context.name, context.receivers)})"
        except ContextRefused:
            pass  # the reason stands beside it
    if user.impersonation is not None:
        parts.append(f"as {user.impersonation.user}")
    return ", ".join(parts) or "none"
