"""What of the kubernetes package comes into the engine's process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import json, sys
from controller.clusters.kubernetes_library import import_client
ours = import_client()
loaded = sorted(sys.modules)
from kubernetes.aio import client
print(json.dumps([loaded, ours == (client.ApiClient, client.Configuration), hasattr(client, "AppsV1Api")]))
"""


def test_engine_loads_no_reader_of_kubeconfigs_but_its_own() -> None:
    """Nothing in the process could run a kubeconfig's plugin or send its tokens but our own, closed reading of it."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, check=True)
    loaded, is_same, is_whole = json.loads(run.stdout)
    unwanted = ("kubernetes.config", "kubernetes.aio.config", "kubernetes.stream", "requests", "oauthlib")
    assert [name for name in loaded if name.startswith(unwanted)] == []
    # Whoever imports the package in the same process later gets all of it, and the same classes.
    assert is_same
    assert is_whole
