"""A large simulated fleet in a process of its own: as many contexts and Deployments as asked, some patched.

    python -m benchmarks.large_fleet FOLDER --contexts N --deployments N --patches N

Prints one line when it serves, and runs until its standard input ends. For the benchmarks only.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import sys
from pathlib import Path

from controller.simulation.api import resource_kinds as kinds
from controller.simulation.fleet_plan import (
    DEMO_REGIONS,
    INSTANCE_TYPES,
    ClusterPlan,
    FleetPlan,
    WorkloadPlan,
)
from controller.simulation.simulated_fleet import SimulatedFleet

SEED = 7


def plan_large_fleet(contexts: int, deployments: int) -> FleetPlan:
    """A fleet whose Deployments are spread evenly; two replicas each, so that the pods do not hide the Deployments."""
    chance = random.Random(SEED)
    clusters = []
    for index in range(contexts):
        provider, region = DEMO_REGIONS[index % len(DEMO_REGIONS)]
        count = deployments // contexts + (index < deployments % contexts)
        clusters.append(
            ClusterPlan(
                context=f"{provider}-{region}-{index:03}",
                provider=provider,
                region=region,
                zones=(region,),
                instance_type=INSTANCE_TYPES[provider],
                node_count=max(4, count // 5),
                workloads=tuple(_plan_workload(number, chance) for number in range(count)),
            )
        )
    return FleetPlan(tuple(clusters), reclaim_mean_days=None)


def _plan_workload(number: int, chance: random.Random) -> WorkloadPlan:
    return WorkloadPlan(
        namespace=f"team-{number % 8}",
        name=f"service-{number:04}",
        replicas=2,
        cpu=chance.choice(("250m", "500m", "1")),
        memory=chance.choice(("512Mi", "1Gi", "2Gi")),
        image="registry.example/service:1",
        state_gb=chance.choice(("0", "2", "20")),
    )


async def serve(folder: Path, contexts: int, deployments: int, patches_per_s: float) -> None:
    """Serve until standard input ends."""
    plan = plan_large_fleet(contexts, deployments)
    async with SimulatedFleet.start(plan, SEED, folder) as fleet:
        print(fleet.kubeconfig, flush=True)
        patching = asyncio.create_task(_patch(fleet, patches_per_s))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
        patching.cancel()


async def _patch(fleet: SimulatedFleet, patches_per_s: float) -> None:
    """Scale one Deployment after another up and down by one, so that its pods and its status change as well."""
    chance = random.Random(SEED)
    for turn in itertools.count():
        await asyncio.sleep(1 / patches_per_s)
        cluster = chance.choice(fleet.plan.clusters)
        workload = chance.choice(cluster.workloads)
        state = fleet.api(cluster.context).model.state
        deployment = state.store.get(kinds.DEPLOYMENTS, workload.namespace, workload.name)
        if deployment is not None:
            state.update_spec(kinds.DEPLOYMENTS, deployment, ("replicas",), 2 + turn % 2)


def main() -> None:
    """Serve what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contexts", type=int, required=True)
    parser.add_argument("--deployments", type=int, required=True)
    parser.add_argument("--patches", type=float, default=2.0)
    options = parser.parse_args()
    asyncio.run(serve(options.folder, options.contexts, options.deployments, options.patches))


if __name__ == "__main__":
    main()
