"""etcd's own API, for what the Kubernetes API cannot do. JSON over the Unix socket that the API server uses, too."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from tests.controlplane.errors import ControlPlaneError

TIMEOUT_S = 20.0
"""For one answer, on a machine that is busy with several clusters."""


class _StoreConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(str(self._path))


def compact_store(path: Path, revision: int) -> None:
    """Have etcd drop every version that was replaced before `revision`; resource versions are etcd's revisions.

    Raises: ControlPlaneError.
    """
    connection = _StoreConnection(path)
    try:
        body: dict[str, Any] = {"revision": str(revision), "physical": True}
        connection.request("POST", "/v3/kv/compaction", json.dumps(body))
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    finally:
        connection.close()
    if answer.status != 200:
        raise ControlPlaneError(f"etcd at {path} refused to compact revision {revision}: {text}")
