"""What a placement means for a person, as the reason that everybody gives who has asked for one. Pure."""

from __future__ import annotations

from controller.reasons import Code
from controller.scheduling.check import Placement
from oracle.foundation.reason import Reason


def find_shortage(context: str, placement: Placement, replicas: int) -> Reason | None:
    """Why not all of so many replicas would run in a cluster; None where they would, as far as that is known."""
    if placement.count >= replicas:
        return None
    return Code.UNSCHEDULABLE.because(
        target=context,
        places=placement.count,
        replicas=replicas,
        nodes=len(placement.places),
        causes=tuple(f"{count} {cause}" for cause, count in placement.causes),
    )
