"""Offerings as keys."""

from __future__ import annotations

import pickle
from dataclasses import replace

from oracle.market import Offering


def make_offering(zone: str = "us-east-1a") -> Offering:
    return Offering("aws", "us-east-1", "m5.large", zone=zone)


def test_offering_that_was_looked_up_takes_no_hash_along() -> None:
    """The hash of a text is another one in each process, and another offering has another."""
    known = make_offering()
    price = {known: "0.1"}
    assert pickle.dumps(known) == pickle.dumps(make_offering())
    assert price[pickle.loads(pickle.dumps(known))] == "0.1"
    assert hash(replace(known, zone="us-east-1b")) == hash(make_offering("us-east-1b"))
