"""The journals that older programs left, and two clusters as they were at that moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from controller.clusters import paths
from controller.migration.access.lease import find_place, name_lease
from controller.migration.protocol.journal import JOURNAL_ANNOTATION
from controller.migration.protocol.signing import SIGNATURE_ANNOTATION, Journal
from tests.controller.migration.access.fakes import RecordingApi
from tests.controller.migration.keys import KEYS

FOLDER = Path(__file__).parent / "protocol" / "journals" / "v1"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))

DEPLOYMENT_PATH = paths.deployment("shop", "checkout")
LEASE_PATH = paths.lease("shop", name_lease("shop", "checkout"))

_LABELS = {"app": "checkout"}
#: The Deployment of that simulation, whose template the journals hold the hash of.
_SPEC: dict[str, Any] = {
    "progressDeadlineSeconds": 60,
    "selector": {"matchLabels": _LABELS},
    "template": {
        "metadata": {"labels": _LABELS},
        "spec": {
            "containers": [
                {
                    "name": "web",
                    "image": "shop/checkout:7",
                    "envFrom": [{"configMapRef": {"name": "settings"}}],
                }
            ],
            "terminationGracePeriodSeconds": 5,
        },
    },
}


def load(name: str) -> dict[str, Any]:
    """One file: both sides, each with its journal's text (None where it had none)."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    if found["target"]["journal"] == "same":
        found["target"]["journal"] = found["source"]["journal"]
    return found


def open_clusters(
    found: dict[str, Any], requests: list[Any], *, is_signed: bool = True
) -> dict[str, RecordingApi]:
    """Return both clusters, with Leases that the process which led has just left.

    is_signed: whether our ring vouches for the words of the journals; no program of that age has signed any.
    """
    apis = {"paris": RecordingApi("paris", requests), "osaka": RecordingApi("osaka", requests)}
    for api, side in zip(apis.values(), (found["source"], found["target"]), strict=True):
        for namespace, uid in (("kube-system", side["cluster_uid"]), ("shop", f"shop-{api.context}")):
            metadata = {"name": namespace, "uid": uid}
            api.put(paths.namespace(namespace), {"kind": "Namespace", "metadata": metadata})
        for path, metadata in side["config_maps"].items():
            name = {"name": path.rsplit("/", 1)[-1], "namespace": "shop"}
            api.put(path, {"kind": "ConfigMap", "metadata": {**name, **metadata}, "data": {"a": "1"}})
        if side["deployment"] is not None:
            known = dict(side["deployment"])
            spec = {**_SPEC, "replicas": known.pop("replicas")}
            metadata = {"name": "checkout", "namespace": "shop", **known}
            api.put(DEPLOYMENT_PATH, {"kind": "Deployment", "metadata": metadata, "spec": spec})
        if side["journal"] is not None:
            text = side["journal"]
            journal = sign(side["cluster_uid"], text) if is_signed else Journal(text)
            api.put(LEASE_PATH, lease(side["epoch"], journal))
    return apis


def sign(cluster_uid: str, text: str) -> Journal:
    """A journal as our ring signs it in the Lease of one cluster."""
    return KEYS.sign(find_place(cluster_uid, "shop", "checkout"), text)


def lease(epoch: int, journal: Journal) -> dict[str, Any]:
    """A Lease whose holder was killed."""
    signature = {} if journal.signature is None else {SIGNATURE_ANNOTATION: journal.signature}
    return {
        "kind": "Lease",
        "metadata": {
            "name": name_lease("shop", "checkout"),
            "namespace": "shop",
            "uid": "lease",
            "annotations": {JOURNAL_ANNOTATION: journal.text, **signature},
        },
        "spec": {"holderIdentity": "killed", "leaseDurationSeconds": 30, "leaseTransitions": epoch},
    }
