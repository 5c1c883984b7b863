"""`sentinelaura config show` and `config explain`: the settings, what they are and where they came from."""

from __future__ import annotations

import json
from argparse import Namespace

from app.commands.failures import CommandFailed
from app.commands.output import write_output
from app.config.errors import UnknownSetting
from app.config.explaining import explain, settings_to_json, show_settings
from app.configuration import Configuration
from app.exit_codes import ExitCode


async def run_config(arguments: Namespace, configuration: Configuration) -> int:
    """Print what was asked for; no secret is shown. Raises: CommandFailed for an unknown name."""
    if arguments.action == "explain":
        try:
            write_output("\n".join(explain(arguments.name, configuration)))
        except UnknownSetting as error:
            raise CommandFailed(ExitCode.BAD_INPUT, str(error)) from error
    elif arguments.json:
        write_output(json.dumps(settings_to_json(configuration), indent=2))
    else:
        write_output("\n".join(show_settings(configuration)))
    return ExitCode.OK
