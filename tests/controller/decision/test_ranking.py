"""What is offered first: the gain, less what a way back would probably cost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from controller.decision.planning import rank_move
from controller.decision.settings import DecisionSettings
from tests.controller.migration.records import dry_run


def test_a_dear_way_back_costs_rank() -> None:
    settings = DecisionSettings()
    trap = replace(dry_run(), return_egress_usd=Decimal(4))
    assert rank_move(trap, settings) < rank_move(dry_run(), settings)
    assert rank_move(trap, replace(settings, return_probability=Decimal(0))) == float(dry_run().net_usd or 0)
