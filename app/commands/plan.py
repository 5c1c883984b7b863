"""`sentinelaura plan`: waits for a full picture, prints what is worth moving and why the rest is not, and ends."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace

from app.commands.output import write_output
from app.commands.picture import incomplete_picture, unpriced_offerings, wait_for_picture
from app.commands.plan_report import plan_to_json, plan_to_text
from app.composition import open_engine
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from controller.contract.commands import LookAt


async def run_plan(arguments: Namespace, configuration: Configuration) -> int:
    """Print the plan. Raises: CommandFailed where it rests on less than a full picture."""
    async with open_engine(_stand_still(configuration)) as engine:
        engine.submit(LookAt(frozenset(engine.contexts)))
        snapshot = await wait_for_picture(engine)
    write_output(json.dumps(plan_to_json(snapshot), indent=2) if arguments.json else plan_to_text(snapshot))
    if not snapshot.is_complete:
        raise incomplete_picture(snapshot)
    if snapshot.unpriced:
        raise unpriced_offerings(snapshot)
    return ExitCode.OK


def _stand_still(configuration: Configuration) -> Configuration:
    """Let a recording stand where it begins: a plan on it is the same however long the clusters take to answer."""
    if configuration.price_file is None or configuration.live:
        return configuration
    return replace(configuration, speed=0.0)
