"""Status conditions: replaced by type, with the transition time kept while the status stays. Pure."""

from collections.abc import Sequence
from typing import Any

from controller.simulation.api.json_objects import JsonObject


def find_condition(conditions: Sequence[JsonObject], type_: str) -> JsonObject | None:
    return next((one for one in conditions if one["type"] == type_), None)


def set_condition(
    conditions: Sequence[JsonObject],
    type_: str,
    status: str,
    reason: str,
    message: str,
    stamp: str,
    *,
    is_renewed: bool = False,
    **more: Any,
) -> list[JsonObject]:
    """Conditions with one set; the list is equal to the given one where nothing but the time would differ.

    Args:
        stamp: formatted time of the transition, used only if `status` changes.
        is_renewed: set it anew all the same, for a condition whose `more` tells when it was last confirmed.
        more: further fields, e.g. lastUpdateTime; they do not count as a change.
    """
    old = find_condition(conditions, type_)
    said = old and (old["status"], old.get("reason", ""), old.get("message", ""))
    if said == (status, reason, message) and not is_renewed:
        return list(conditions)
    since = old["lastTransitionTime"] if old and old["status"] == status else stamp
    new: JsonObject = {"type": type_, "status": status, **more, "lastTransitionTime": since}
    new |= {key: text for key, text in (("reason", reason), ("message", message)) if text}
    return [one for one in conditions if one["type"] != type_] + [new]
