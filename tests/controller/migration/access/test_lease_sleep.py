"""A machine that slept does not write under the Lease that it held before."""

from __future__ import annotations

import asyncio
from typing import cast

from controller.clusters.kube_api import KubeApi
from controller.migration.access.lease import ClusterLease, find_place
from controller.migration.access.timing import Timing
from controller.migration.settings import MigrationSettings
from oracle.foundation.clocks import Clocks
from tests.controller.migration.keys import KEYS


def test_a_lease_ends_while_the_machine_sleeps() -> None:
    slept_s = [0.0]
    clocks = Clocks(lambda: 0.0, lambda: slept_s[0])
    timing = Timing(MigrationSettings(), clocks, asyncio.sleep)
    lease = ClusterLease(cast(KubeApi, None), find_place("a", "shop", "web"), "us", timing, KEYS)
    lease.renewed_at = 0.0
    assert lease.is_valid
    slept_s[0] = 3600.0
    assert not lease.is_valid
