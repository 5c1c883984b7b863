"""A client of one context of a kubeconfig, built as the manager of all clusters builds its own."""

from __future__ import annotations

from pathlib import Path

from controller.clusters.kube import KubeClient
from controller.clusters.kubeconfig import read_kubeconfig
from controller.clusters.settings import KubeSettings
from controller.reasons import Code
from oracle.foundation.reason import Reason


class Switch:
    """A licence to change a whole cluster, whichever it is; a test turns it off and on."""

    def __init__(self, is_on: bool = True, context: str = "eu") -> None:
        self.is_on = is_on
        self._context = context

    def __call__(self, namespace: str | None, cluster_uid: str | None) -> Reason | None:
        return None if self.is_on else Code.NOT_ARMED.because(contexts=(self._context,))


def sending_anywhere(*, plugin: Path | None = None, token_file: Path | None = None) -> KubeSettings:
    """A person allows a plugin, or a token file, for any server: which port a test's server has is not known before."""
    everywhere = frozenset({"*"})
    return KubeSettings(
        allowed_exec_plugins=frozenset() if plugin is None else frozenset({str(plugin)}),
        exec_plugin_servers={} if plugin is None else {str(plugin): everywhere},
        token_files={} if token_file is None else {str(token_file): everywhere},
    )


def make_client(
    kubeconfig: Path,
    context: str,
    *,
    armed: bool = False,
    settings: KubeSettings | None = None,
    licence: Switch | None = None,
) -> KubeClient:
    """Nothing is sent, and no credential is loaded, before the first request."""
    known = read_kubeconfig([kubeconfig]).contexts[context]
    return KubeClient(known, settings, licence=licence or (Switch() if armed else None))
