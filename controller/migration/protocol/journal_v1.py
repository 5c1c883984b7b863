"""Journals of version 1, as the one before the steps wrote them, read as journals of version 2. Pure.

Version 1 kept what was created in the target in a field of its own, where version 2 has the notes of a step, and knew
reasons as text, where the empty text was none.
"""

from __future__ import annotations

from typing import Any

from controller.migration.protocol.wire import WireError

#: The step that creates objects in the target; the only one that there was.
COPIES = "copies"


def upgrade(migration: Any) -> Any:
    """Return the JSON of a migration of version 1 as version 2 writes it. Raises: WireError, naming the place.

    What it does not touch is checked with everything else when it is decoded.
    """
    if not isinstance(migration, dict) or "created" not in migration or "steps" in migration:
        raise WireError("differs at migration: it is none of version 1")
    upgraded = {name: value for name, value in migration.items() if name != "created"}
    upgraded["steps"] = _to_steps(migration["created"])
    state = migration.get("state")
    if isinstance(state, dict) and state.get("reason") == "":
        upgraded["state"] = {**state, "reason": None}
    return upgraded


def _to_steps(created: Any) -> list[dict[str, Any]]:
    if not isinstance(created, list):
        raise WireError("has no list at migration.created")
    notes = [_to_note(item, f"migration.created[{index}]") for index, item in enumerate(created)]
    return [{"name": COPIES, "status": "preparing", "source": [], "target": notes}] if notes else []


def _to_note(item: Any, where: str) -> dict[str, Any]:
    if not isinstance(item, dict) or set(item) != {"path", "uid"}:
        raise WireError(f"has no created object at {where}")
    return {"key": item["path"], "value": item["uid"]}
