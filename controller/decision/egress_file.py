"""Reads the egress rules that ship with the program. The one file of this wing that touches the disk."""

from __future__ import annotations

from controller.decision.egress import EgressTable, parse_egress_table
from resources.loader import load_json


def load_egress_table() -> EgressTable:
    """Return the shipped rules. Raises: ResourceError where they are missing, ValueError where they are broken."""
    return parse_egress_table(load_json("egress.json"))
