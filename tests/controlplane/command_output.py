"""What `python -m tests.controlplane up` prints, for tests that start it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunningCommand:
    """What the command said once its clusters were ready.

    Attributes:
        process_group: of every program that it started.
        kubeconfigs: user → file with a context for each cluster.
    """

    process_group: int
    kubeconfigs: dict[str, str]


def read_until_ready(output: Iterable[str]) -> RunningCommand:
    """Read what the command prints until its clusters are ready.

    Raises: AssertionError with all of it if it ended before.
    """
    printed = ""
    for line in output:
        printed += line
        if "Ctrl-C" in line:
            group = re.search(r"process group (\d+)", printed)
            assert group is not None, printed
            files = dict(re.findall(r"Kubeconfig of the (\w+): (.+)", printed))
            return RunningCommand(int(group[1]), files)
    raise AssertionError(f"`up` ended early: {printed}")
