"""The two backends of the conformance suite: the simulated fleet, and a real control plane where there is one.

Every statement was seen on the real versions that `test_versions.py` names. Without built programs the real half skips.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from controller.simulation.controllers.kubelet import PodTimings
from controller.simulation.fleet_plan import ClusterPlan, FleetPlan
from controller.simulation.simulated_fleet import SimulatedFleet
from tests.conformance.backends import Backend, RealBackend, SimulatedBackend
from tests.conformance.cluster_under_test import ClusterUnderTest

TIME_SCALE = 20.0
"""Virtual seconds per second in the simulated cluster: its slowest loop then takes less than a second."""
QUICK_PODS = PodTimings(start_median_s=0.4, image_pull_s=(0.0, 0.2), stop_s=(0.1, 0.3))
CLUSTER = ClusterPlan(
    "simulated", "aws", "eu-west-1", ("eu-west-1a", "eu-west-1b"), "m6i.xlarge", 3, node_cpu="3920m"
)
PLAN = FleetPlan((CLUSTER,), reclaim_mean_days=None)
"""As large as the real cluster: three nodes of a little less than four CPUs."""


@pytest.fixture(scope="session")
def simulated_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    folder = tmp_path_factory.mktemp("simulated-fleet")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        fleet = runner.run(
            stack.enter_async_context(
                SimulatedFleet.start(PLAN, 1, folder, time_scale=TIME_SCALE, timings=QUICK_PODS)
            )
        )
        backend = SimulatedBackend(fleet.kubeconfig, "simulated", runner, fleet.api("simulated"))
        yield backend
        backend.close()
        runner.run(stack.aclose())


@pytest.fixture(scope="session")
def real_backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    (real,) = request.getfixturevalue("control_planes").lend(1)
    with asyncio.Runner() as runner:
        backend = RealBackend(real, runner)
        yield backend
        backend.close()


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.controlplane)])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each of the two, one after the other."""
    chosen: Backend = request.getfixturevalue(f"{request.param}_backend")
    return chosen


@pytest.fixture
def cluster(backend: Backend) -> Iterator[ClusterUnderTest]:
    """A cluster of each backend, with a namespace of its own."""
    with backend.lend() as lent:
        yield lent
