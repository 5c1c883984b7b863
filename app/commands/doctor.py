"""`sentinelaura doctor`: is everything there that the program needs, and if not, what would help?"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable
from functools import partial
from typing import Any

from app.commands.output import MAX_MESSAGE_CHARACTERS, write_output
from app.config.configuration import Configuration
from app.diagnostics.checks import Check, CheckState
from app.diagnostics.clusters import check_clusters
from app.diagnostics.graphics import check_display, check_graphics
from app.diagnostics.keys import check_keys
from app.diagnostics.prices import check_prices
from app.diagnostics.services import check_services
from app.diagnostics.settings import check_settings
from app.diagnostics.store import check_store
from app.exit_codes import ExitCode
from oracle.foundation.reason import encode_if_any
from oracle.foundation.untrusted_text import clean_text

_MARKS = {CheckState.OK: "ok     ", CheckState.WARNING: "warning", CheckState.BROKEN: "BROKEN "}


async def run_doctor(arguments: Namespace, configuration: Configuration) -> int:
    """Run every check, also after one that failed, and print what was found."""
    checks = [check_graphics(), check_display(), *check_settings(configuration), *check_prices(configuration)]
    checks += [
        *check_keys(configuration),
        *await check_store(configuration),
        *await check_clusters(configuration, partial(check_services, configuration)),
    ]
    write_output(checks_to_json(checks) if arguments.json else "\n".join(_to_lines(checks)))
    return ExitCode.FAILED if any(check.state is CheckState.BROKEN for check in checks) else ExitCode.OK


def checks_to_json(checks: Iterable[Check]) -> str:
    """Return the document that docs/commands.md describes."""
    return json.dumps({"checks": [_check_to_json(check) for check in checks]}, indent=2)


def _check_to_json(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "state": check.state.value,
        "detail": check.detail,
        "advice": check.advice,
        "reason": encode_if_any(check.reason),
    }


def _to_lines(checks: Iterable[Check]) -> Iterable[str]:
    for check in checks:
        name, detail = (clean_text(text, MAX_MESSAGE_CHARACTERS) for text in (check.name, check.detail))
        yield f"{_MARKS[check.state]}  {name:<40} {detail}"
        for advice in check.advice.splitlines():
            yield f"{'':50}{clean_text(advice, MAX_MESSAGE_CHARACTERS)}"
