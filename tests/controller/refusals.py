"""Tests ask a refusal for its code and its parameters; its sentence is another matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from controller.errors import ControllerError
from oracle.foundation.reason import Reason, ReasonCode

E = TypeVar("E", bound=ControllerError)


@contextmanager
def refuses(kind: type[E], code: ReasonCode, **told: object) -> Iterator[pytest.ExceptionInfo[E]]:
    """What runs in here raises this error with this code. `told`: what stands in its parameters, perhaps among more;
    of a parameter that is a reason itself, the code of what that comes of.
    """
    with pytest.raises(kind) as refused:
        yield refused
    reason = refused.value.reason
    assert reason.code is code, f"{reason.code}: {reason}"
    for name, value in told.items():
        known = reason[name]
        if isinstance(value, ReasonCode):
            assert isinstance(known, Reason)
            assert find_cause(known).code is value, f"{name}: {known}"
        else:
            assert str(value) in str(known), name


def find_cause(reason: Reason) -> Reason:
    """Return the reason of which this one comes in the end."""
    inner = next((value for _, value in reason.parameters if isinstance(value, Reason)), None)
    return find_cause(inner) if inner is not None else reason
