"""Reads the egress rules that ship with the program. The one file of this wing that touches the disk."""

from __future__ import annotations

from controller.decision.egress_parsing import parse_egress_table
from controller.decision.egress_rules import EgressTable
from controller.decision.egress_settings import EgressSettings
from resources.loader import load_json

#: Nothing is switched on, nothing said, and no price a person's own.
AS_SHIPPED = EgressSettings()


def load_egress_table(settings: EgressSettings = AS_SHIPPED) -> EgressTable:
    """Return the shipped rules, below a person's own.

    Raises: ResourceError where they are missing, ValueError where they are broken.
    """
    return parse_egress_table(load_json("egress.json"), settings)
