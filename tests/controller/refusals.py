"""Tests ask a refusal for its code and its parameters; its sentence is another matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from controller.errors import ControllerError
from oracle.foundation.reason import ReasonCode

E = TypeVar("E", bound=ControllerError)


@contextmanager
def refuses(kind: type[E], code: ReasonCode, **told: object) -> Iterator[pytest.ExceptionInfo[E]]:
    """What runs in here raises this error with this code. `told`: what stands in its parameters, perhaps among more."""
    with pytest.raises(kind) as refused:
        yield refused
    reason = refused.value.reason
    assert reason.code is code, f"{reason.code}: {reason}"
    for name, text in told.items():
        assert str(text) in str(reason[name]), name
