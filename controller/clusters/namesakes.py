"""The Deployment that a target runs under the name of one that would move there: may replicas be shifted to it? Pure.

It keeps its own pod template, and is scaled by us while the move lasts: so nobody else may be at work on it, all of its
pods have to serve, and more of them have to be able to. What the template of the source ties to its cluster is of no
matter then: no pod of it is started anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.clusters.fleet import Workload
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: Of what speaks against moving a Deployment, what also speaks against scaling it where it is.
_HINDERING = (
    *(Code.PAUSED, Code.OWNED, Code.BEING_DELETED),
    *(Code.GITOPS, Code.REPLICAS_OWNED, Code.REPLICAS_OWNER_UNKNOWN),
    # One pod more would wait for a disk that another one has, or go to a full node past every scheduler.
    *(Code.VOLUME_CLAIM, Code.LOCAL_VOLUME, Code.DISK_OF_A_PLACE, Code.PINNED),
)

#: Of what a cluster has of a workload, what only a copy would miss elsewhere. What is kept on a disk or a node is none
#: of it, and neither is who calls it and from where.
_OF_COPIES = frozenset(
    (
        *(Code.PINNED, Code.PLACE_SELECTED, Code.NODE_SELECTED, Code.CLOUD_IDENTITY, Code.IDENTITY_UNKNOWN),
        *(Code.HOST_NETWORK, Code.HOST_NAMESPACE, Code.HOST_PORT, Code.PRIVILEGED, Code.SECRET_STAYS),
    )
)


def is_shift(workload: Workload, namesake: Workload | None) -> bool:
    """Whether the Deployment in the target keeps its own pod template: it runs already, or has another one."""
    if namesake is None:
        return False
    return namesake.desired_replicas > 0 or namesake.template_hash != workload.template_hash


def is_of_copies(reason: Reason) -> bool:
    """Whether a reason speaks of what a copy would miss, so that it is none against shifting replicas."""
    return reason.code in _OF_COPIES


def leave_out_copies(reasons: Iterable[Reason]) -> Iterator[Reason]:
    """What is also said where nothing is copied."""
    return (reason for reason in reasons if not is_of_copies(reason))


def find_unfit(namesake: Workload) -> Reason | None:
    """Return why the Deployment in the target may not be scaled by a move; None: it may."""
    why = next((reason for reason in namesake.immovable_reasons if reason.code in _HINDERING), None)
    available, replicas = namesake.available_replicas, namesake.desired_replicas
    if why is None and replicas > 0 and (available is None or available < replicas):
        why = Code.NOT_AVAILABLE.because(available=available, replicas=replicas)
    return None if why is None else Code.NAMESAKE_UNFIT.because(target=namesake.key.context, why=why)
