"""Command line of the test clusters, for a person who wants to play with real Kubernetes or to prepare the cache.

`python -m tests.controlplane build` compiles what is missing; `python -m tests.controlplane up --clusters 3` starts
clusters and keeps them until Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from tests.controlplane.cluster import Cluster
from tests.controlplane.errors import ControlPlaneError
from tests.controlplane.pool import MAX_CLUSTERS, ControlPlanePool
from tests.controlplane.programs import provide_programs
from tests.controlplane.users import PEOPLE
from tests.controlplane.versions import DEFAULT_MINOR, KUBERNETES
from tests.controlplane.workloads import deployments_of, describe_deployment


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Return the command and its options."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.controlplane", description="Real Kubernetes for tests."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="compile what is missing in the cache")
    up = commands.add_parser("up", help="start clusters on loopback, until Ctrl-C")
    up.add_argument("--clusters", type=int, default=3, choices=range(1, MAX_CLUSTERS + 1))
    for command in (build, up):
        command.add_argument(
            "--kubernetes",
            nargs="+",
            default=[DEFAULT_MINOR],
            choices=sorted(KUBERNETES),
            help="minor releases; `up` gives them to its clusters in turn",
        )
    return parser.parse_args(arguments)


def report_progress(line: str) -> None:
    """Tell a person, at once also when the output is a pipe."""
    print(line, flush=True)


def furnish_shop(clusters: Sequence[Cluster]) -> str:
    """Give the first cluster a workload, and all of them a namespace for it. Returns the namespace."""
    namespaces = [cluster.create_namespace("shop", ("observer", "source", "target")) for cluster in clusters]
    for cluster in clusters:
        cluster.apply_role("cluster")
    workload = describe_deployment("checkout", replicas=3)
    clusters[0].client().create(deployments_of(namespaces[0]), workload)
    return namespaces[0]


def run_up(count: int, minors: tuple[str, ...]) -> None:
    """Start the clusters, say how to reach them, and wait for the end."""
    # A script starts what it puts in the background deaf to it, and then nothing but a kill would end the clusters.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with ControlPlanePool(report_progress, minors) as pool:
        started = time.monotonic()
        clusters = pool.lend(count)
        report_progress(f"{count} clusters are ready after {time.monotonic() - started:.1f} s:")
        for cluster in clusters:
            report_progress(f"  {cluster.context}  {cluster.kubernetes_version}  {cluster.base_url}")
        namespace = furnish_shop(clusters)
        report_progress(f"{clusters[0].context} runs 3 replicas of checkout in namespace {namespace}.")
        report_progress(
            f"Logs, keys and data until the end: {pool.folder} (process group {pool.process_group})"
        )
        for user in PEOPLE:
            report_progress(f"Kubeconfig of the {user}: {pool.write_kubeconfig(clusters, user)}")
        report_progress("Ctrl-C ends all.")
        signal.pause()


def main(arguments: list[str]) -> int:
    """Run one command and return the exit status."""
    options = parse_arguments(arguments)
    # As Ctrl-C does, so that a supervisor's polite end cleans up too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.command == "build":
            for minor in options.kubernetes:
                for name, path in provide_programs(minor, report_progress).items():
                    report_progress(f"{minor}  {name}  {path}")
        else:
            run_up(options.clusters, tuple(options.kubernetes))
    except ControlPlaneError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
