"""Facts of Deployments for the tests of the pure parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from controller.migration.protocol.observation import DeploymentFacts

#: The source's Deployment of `records.record`, as the last write left it.
FACTS = DeploymentFacts(
    uid="uid-a",
    resource_version="1",
    replicas=0,
    fence="m1:4:17",
    template_hash="cafe",
    selector="app=checkout",
    current=0,
    updated=0,
    ready=0,
    available=0,
    progress_deadline_s=None,
    grace_period_s=30,
)


def side(replicas: int, available: int | None) -> DeploymentFacts:
    """A Deployment that is asked for some replicas, of which some serve."""
    return replace(FACTS, replicas=replicas, available=available)


def serving(replicas: int, **changes: Any) -> DeploymentFacts:
    """A Deployment whose spec and status agree on its replicas, all of which serve."""
    counts = dict.fromkeys(("replicas", "current", "updated", "ready", "available"), replicas)
    return replace(FACTS, **{**counts, **changes})
