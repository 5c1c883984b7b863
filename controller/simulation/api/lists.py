"""Lists: selection, pages with `limit` and `continue`, and one consistent picture over all pages. Pure."""

import base64
import json
from collections import OrderedDict
from collections.abc import Mapping

from controller.simulation.api.json_objects import JsonObject, labels_of
from controller.simulation.api.object_store import ObjectStore
from controller.simulation.api.requests import Target
from controller.simulation.api.selectors import check_field_query, matches_field_query, matches_label_query
from controller.simulation.api.status_errors import bad_request, continue_expired, too_large_resource_version

KEPT_PAGINATIONS = 32
"""Unfinished paginated lists whose picture is kept; older ones answer 410, as after a compaction."""


class ListPages:
    """Answers lists of one cluster. A later page shows the moment of the first one, whatever happened since."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._unfinished: OrderedDict[tuple[str, int], list[JsonObject]] = OrderedDict()

    def list_objects(self, target: Target, query: Mapping[str, str]) -> JsonObject:
        """The list body. Raises ApiError 400, 410 (expired continue) or 504 (resourceVersion of the future)."""
        limit = _parse_number("limit", query.get("limit", "0"))
        if token := query.get("continue"):
            version, start, remaining = self._resume(target, token)
        else:
            self._check_version(query)
            version, start = self._store.resource_version, 0
            remaining = select_objects(self._store, target, query)
        page = remaining[start : start + limit] if limit else remaining[start:]
        metadata: JsonObject = {"resourceVersion": str(version)}
        if start + len(page) < len(remaining):
            self._remember(target, version, remaining)
            metadata["continue"] = _encode_token(version, start + len(page))
            if not query.get("labelSelector") and not query.get("fieldSelector"):
                metadata["remainingItemCount"] = len(remaining) - start - len(page)
        return {
            "kind": f"{target.kind.kind}List", "apiVersion": target.kind.api_version, "metadata": metadata,
            "items": [_without_type(one) for one in page],
        }  # fmt: skip

    def forget_unfinished(self) -> None:
        """Let every continue token expire, as a compaction does."""
        self._unfinished.clear()

    def _resume(self, target: Target, token: str) -> tuple[int, int, list[JsonObject]]:
        version, start = _decode_token(token)
        remaining = self._unfinished.get((_picture_name(target), version))
        if remaining is None:
            raise continue_expired()
        return version, start, remaining

    def _remember(self, target: Target, version: int, objects: list[JsonObject]) -> None:
        key = (_picture_name(target), version)
        self._unfinished[key] = objects
        self._unfinished.move_to_end(key)
        while len(self._unfinished) > KEPT_PAGINATIONS:
            self._unfinished.popitem(last=False)

    def _check_version(self, query: Mapping[str, str]) -> None:
        wanted = _parse_number("resourceVersion", query.get("resourceVersion") or "0")
        if wanted > self._store.resource_version:
            raise too_large_resource_version(wanted, self._store.resource_version)


def select_objects(store: ObjectStore, target: Target, query: Mapping[str, str]) -> list[JsonObject]:
    """The objects of a collection that match the selectors of a query, in key order."""
    label_query, field_query = query.get("labelSelector", ""), query.get("fieldSelector", "")
    check_field_query(field_query, target.kind)
    return [
        one
        for one in store.list_of(target.kind, target.namespace if target.kind.namespaced else None)
        if matches_label_query(label_query, labels_of(one)) and matches_field_query(field_query, one)
    ]


def _picture_name(target: Target) -> str:
    return f"{target.kind.qualified_plural}/{target.namespace}"


def _without_type(value: JsonObject) -> JsonObject:
    # A typed list says its kind once; its items come without, as from the real server.
    return {key: item for key, item in value.items() if key not in ("kind", "apiVersion")}


def _encode_token(version: int, start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"rv": version, "start": start}).encode()).decode().rstrip("=")


def _decode_token(token: str) -> tuple[int, int]:
    try:
        facts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(facts["rv"]), int(facts["start"])
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request("continue key is not valid") from error


def _parse_number(name: str, text: str) -> int:
    if not text.isdigit():
        raise bad_request(f'Invalid value: "{text}": {name}: must be a non-negative number')
    return int(text)
