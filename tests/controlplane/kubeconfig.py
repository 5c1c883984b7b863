"""Kubeconfig files for test clusters: certificates inline, so that one file is one whole access."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.certificates import KeyPair


def compose_kubeconfig(
    context: str, base_url: str, authority: bytes, user: str, credentials: KeyPair
) -> dict[str, Any]:
    """Return the kubeconfig of one user of one cluster; cluster and context bear the same name."""
    user_name = f"{context}-{user}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [
            {
                "name": context,
                "cluster": {"server": base_url, "certificate-authority-data": encode_data(authority)},
            }
        ],
        "users": [
            {
                "name": user_name,
                "user": {
                    "client-certificate-data": encode_data(credentials.certificate),
                    "client-key-data": encode_data(credentials.key),
                },
            }
        ],
        "contexts": [{"name": context, "context": {"cluster": context, "user": user_name}}],
    }


def merge_kubeconfigs(paths: Iterable[Path]) -> dict[str, Any]:
    """Return one kubeconfig with the contexts of all; the first file's context is the current one."""
    configs = [yaml.safe_load(path.read_text()) for path in paths]
    merged = dict(configs[0])
    for section in ("clusters", "users", "contexts"):
        merged[section] = [entry for config in configs for entry in config[section]]
    return merged


def write_private(path: Path, content: bytes) -> Path:
    """Write a file that only the user may read, as it holds keys. Returns its path."""
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def write_kubeconfig(path: Path, config: dict[str, Any]) -> Path:
    """Write a kubeconfig, readable by the user only. Returns its path."""
    return write_private(path, yaml.safe_dump(config, sort_keys=False).encode())


def encode_data(content: bytes) -> str:
    """Return base64 text, as every `-data` field wants it."""
    return base64.b64encode(content).decode()
