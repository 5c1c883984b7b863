"""The kubeconfig of a simulated fleet: one cluster, user and context for each simulated cluster."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class ContextAccess:
    """How a client reaches one simulated cluster."""

    server: str
    """URL, with a path prefix."""
    token: str


def write_kubeconfig(path: Path, contexts: Mapping[str, ContextAccess]) -> None:
    """Write the file, readable by its owner alone from the first moment on; replaces an older one at once."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": access.server}} for name, access in contexts.items()
        ],
        "users": [{"name": name, "user": {"token": access.token}} for name, access in contexts.items()],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in contexts],
        "current-context": next(iter(contexts), ""),
    }
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yaml.safe_dump(document, file, sort_keys=False)
    os.replace(unfinished, path)
