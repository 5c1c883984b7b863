"""`sentinelaura plan`: waits for a full picture, prints what is worth moving and why the rest is not, and ends."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from app.commands.plan_report import plan_to_json, plan_to_text
from app.composition import open_engine
from app.configuration import Configuration
from app.exit_codes import ExitCode
from app.formatting import plain_text

#: How long the prices and the clusters may take to arrive. Seconds; a cluster that needs longer is called unreachable.
PICTURE_TIMEOUT_S = 30.0


async def run_plan(arguments: Namespace, configuration: Configuration) -> int:
    """Print the plan; INCOMPLETE where something was still missing when the time was over."""
    async with open_engine(configuration) as engine:
        snapshot = await engine.wait_until(lambda seen: seen.is_complete, PICTURE_TIMEOUT_S)
    print(json.dumps(plan_to_json(snapshot), indent=2) if arguments.json else plan_to_text(snapshot))
    if snapshot.is_complete:
        return ExitCode.OK
    print("sentinelaura: no full picture after 30 s; the plan rests on what had arrived:", file=sys.stderr)
    for notice in snapshot.notices:
        print(f"  {plain_text(notice.text)}", file=sys.stderr)
    return ExitCode.INCOMPLETE
