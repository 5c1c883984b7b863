"""What tests ask about process groups. No part of running clusters."""

from __future__ import annotations

import os
import time

REAP_TIMEOUT_S = 5.0
"""A killed orphan counts as a member of its group until process 1 has noticed its death: a moment, not our doing."""


def is_group_alive(group: int) -> bool:
    """Tell whether the group has a process, dead but unnoticed ones included."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def is_group_gone(group: int) -> bool:
    """Tell whether the group is empty, giving process 1 time to notice deaths."""
    deadline = time.monotonic() + REAP_TIMEOUT_S
    while is_group_alive(group):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
