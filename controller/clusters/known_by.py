"""How a number that nobody had to declare is known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class KnownBy(StrEnum):
    """Who says a number of a workload: shown beside it, in the window and to programs."""

    #: An annotation of its Deployment.
    ANNOTATION = "annotation"
    #: Its pod template.
    POD_SPEC = "pod_spec"
    #: Its pods as they run: what the defaults of a namespace (LimitRange) or an admission webhook gave them.
    RUNNING_PODS = "running_pods"
    #: What its pods were measured to use (metrics.k8s.io).
    USAGE = "usage"
    #: One number in the configuration for all that say nothing.
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class SizeKnownBy:
    """Who says what a pod takes of each. measured_at: the newest measurement, Unix seconds; None: nothing was."""

    cpu: KnownBy
    memory: KnownBy
    measured_at: float | None = None
