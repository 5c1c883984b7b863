"""Journals of version 1, as the programs before the steps wrote them, read as journals of version 2. Pure.

Version 1 kept what was created in the target in a field of its own, where version 2 has the notes of a step; it knew
reasons as text, where the empty text was none; and of a quote one moment, where version 2 has since when it is in force
and when it was confirmed. The programs that wrote it had no live prices.
"""

from __future__ import annotations

from typing import Any

from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.wire import WireError

#: The step that creates objects in the target; the only one that there was.
COPIES = "copies"

_QUOTES = ("source_quote", "target_quote")
_SIMULATED_MARKET = "simulated market"


def upgrade(migration: Any) -> Any:
    """Return the JSON of a migration of version 1 as version 2 writes it. Raises: WireError, naming the place.

    What it does not touch is checked with everything else when it is decoded.
    """
    if not isinstance(migration, dict) or "created" not in migration or "steps" in migration:
        raise WireError(JournalCode.NOT_OF_VERSION_1.because(where="migration"))
    upgraded = {name: value for name, value in migration.items() if name != "created"}
    upgraded["steps"] = _to_steps(migration["created"])
    state = migration.get("state")
    if isinstance(state, dict) and state.get("reason") == "":
        upgraded["state"] = {**state, "reason": None}
    dry_run = migration.get("dry_run")
    if isinstance(dry_run, dict):
        upgraded["dry_run"] = {name: _to_quote(name, value) for name, value in dry_run.items()}
    return upgraded


def _to_quote(name: str, value: Any) -> Any:
    """Return a quote with the times and the mode of version 2; anything else as it is."""
    if name not in _QUOTES or not isinstance(value, dict) or "observed_at" not in value:
        return value
    quote = {key: known for key, known in value.items() if key != "observed_at"}
    moment = value["observed_at"]
    mode = "simulated" if value.get("source") == _SIMULATED_MARKET else "recorded"
    return {**quote, "in_force_since": moment, "confirmed_at": moment, "mode": mode, "playback": None}


def _to_steps(created: Any) -> list[dict[str, Any]]:
    if not isinstance(created, list):
        raise WireError(JournalCode.NOTHING_AT.because(wanted="list", where="migration.created"))
    notes = [_to_note(item, f"migration.created[{index}]") for index, item in enumerate(created)]
    return [{"name": COPIES, "status": "preparing", "source": [], "target": notes}] if notes else []


def _to_note(item: Any, where: str) -> dict[str, Any]:
    if not isinstance(item, dict) or set(item) != {"path", "uid"}:
        raise WireError(JournalCode.NOTHING_AT.because(wanted="created object", where=where))
    return {"key": item["path"], "value": item["uid"]}
