"""Why the engine's process ends, as the window gets it."""

from __future__ import annotations

import pytest

from app.commands.engine import find_reason
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.errors import EngineStopped, KubeconfigError
from controller.reasons import Code
from oracle.errors import StoreUrlError
from oracle.foundation.reason import Reason

NO_FILE = Code.KUBECONFIG_REFUSED.because(path="own.yaml", problem=KubeconfigCode.FILE_MISSING.because())
BAD_ADDRESS = StoreUrlError("http://a", "not a Redis")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KubeconfigError(NO_FILE), NO_FILE),
        (EngineStopped(MemoryError()), Code.ENGINE_STOPPED.because(error="MemoryError()")),
        (BAD_ADDRESS, Code.ENGINE_LOST.because(why=BAD_ADDRESS.reason)),
        (ZeroDivisionError("x"), Code.ENGINE_STOPPED.because(error="ZeroDivisionError('x')")),
    ],
    ids=["reason in hand", "the engine's own", "sentence in hand", "unforeseen"],
)
def test_a_reason_in_hand_reaches_the_window_as_it_is(error: Exception, reason: Reason) -> None:
    assert find_reason(error) == reason
