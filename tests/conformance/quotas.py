"""Quotas that are in force when a test goes on."""

from __future__ import annotations

from tests.conformance.cluster_under_test import Answer, ClusterUnderTest, Request
from tests.conformance.manifests import pod, quota

CANARY_RESOURCE = "ephemeral-storage"
"""Limited by every quota here and asked for by no pod but the one that tries whether the quota is in force."""


def create_quota(cluster: ClusterUnderTest, **hard: str) -> None:
    """Create the quota "narrow" and return once the server enforces it, which the quota's own status does not tell."""
    limits = {**hard, f"requests.{CANARY_RESOURCE}": "1Gi"}
    cluster.create(cluster.path("resourcequotas"), quota("narrow", **limits))
    canary = pod("canary")
    canary["spec"]["containers"][0]["resources"]["requests"][CANARY_RESOURCE] = "2Gi"
    attempt = Request("POST", cluster.path("pods"), canary, query={"dryRun": "All"})
    cluster.eventually_answered(attempt, _is_over_quota)


def _is_over_quota(answer: Answer) -> bool:
    return answer.code == 403 and "exceeded quota: narrow" in answer.body["message"]
