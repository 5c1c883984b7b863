"""Which offerings a Kubernetes context runs on: context id <-> offerings. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.market import Offering


@dataclass(frozen=True, slots=True, order=True)
class Binding:
    """One context buys one offering; a context of several instance types has several bindings."""

    context: str
    offering: Offering
