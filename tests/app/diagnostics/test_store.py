"""What the doctor says about the price store."""

from __future__ import annotations

import re

from app.configuration import resolve_configuration
from oracle.errors import StoreUrlError


def test_addresses_that_a_refusal_advises_are_taken_by_the_command_line() -> None:
    advised = re.findall(r"\w+://[\w:/]+", str(StoreUrlError("host", "no scheme")))
    assert len(advised) == 2
    for address in advised:
        assert resolve_configuration(None, "", {}, {"redis": address}).redis == address
