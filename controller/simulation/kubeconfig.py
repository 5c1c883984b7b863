"""The kubeconfig of a simulated fleet: one cluster and context for each simulated cluster, and no user.

The clusters speak http on loopback and need no credential.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import yaml


def write_kubeconfig(path: Path, servers: Mapping[str, str]) -> None:
    """Write the file, readable by its owner alone from the first moment on; replaces an older one at once.

    Args:
        servers: context → URL, with a path prefix.
    """
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}} for name, server in servers.items()],
        "contexts": [{"name": name, "context": {"cluster": name}} for name in servers],
        "current-context": next(iter(servers), ""),
    }
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yaml.safe_dump(document, file, sort_keys=False)
    os.replace(unfinished, path)
