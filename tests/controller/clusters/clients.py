"""A client of one context of a kubeconfig, built as the manager of all clusters builds its own."""

from __future__ import annotations

from pathlib import Path

from controller.clusters.kube import KubeClient
from controller.clusters.kubeconfig import read_kubeconfig
from controller.clusters.settings import KubeSettings


def make_client(
    kubeconfig: Path, context: str, *, armed: bool = False, settings: KubeSettings | None = None
) -> KubeClient:
    """Nothing is sent, and no credential is loaded, before the first request."""
    return KubeClient(read_kubeconfig([kubeconfig]).contexts[context], settings, armed=armed)
