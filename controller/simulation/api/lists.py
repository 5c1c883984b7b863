"""Lists: selection, pages with `limit` and `continue`, and one consistent picture over all pages. Pure."""

import base64
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controller.simulation.api.json_objects import JsonObject, labels_of, name_of, namespace_of
from controller.simulation.api.object_store import ObjectStore
from controller.simulation.api.requests import Target
from controller.simulation.api.resource_kinds import ResourceKind
from controller.simulation.api.selectors import check_field_query, matches_field_query, matches_label_query
from controller.simulation.api.status_errors import bad_request, continue_expired, too_large_resource_version

KEPT_MOMENTS = 32
"""Moments of unfinished paginated lists that are kept; older ones answer 410, as after a compaction."""

PRESENT = -1
"""In place of a version: whatever exists now. The real server's own notation."""


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Where a page ended: the content of a continue token."""

    version: int
    """Of the list that is to be continued, or PRESENT."""
    last_key: str
    """`namespace/name` of the last object that was shown."""

    def encode(self) -> str:
        text = json.dumps({"v": "meta.k8s.io/v1", "rv": self.version, "start": f"{self.last_key}\0"})
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, token: str) -> "ListPlace":
        """Raises ApiError 400."""
        try:
            facts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            return cls(int(facts["rv"]), str(facts["start"]).removesuffix("\0"))
        except (ValueError, KeyError, TypeError) as error:
            raise bad_request("continue key is not valid") from error


class ListPages:
    """Answers lists of one cluster. A later page shows the moment of the first one, whatever happened since."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._moments: OrderedDict[tuple[ResourceKind, int], list[JsonObject]] = OrderedDict()
        """(kind, version) → all objects of the kind at that version, oldest use first."""

    def list_objects(self, target: Target, query: Mapping[str, str]) -> JsonObject:
        """The list body. Raises ApiError 400, 410 (expired continue) or 504 (resourceVersion of the future)."""
        limit = _parse_number("limit", query.get("limit", "0"))
        version, objects = (
            self._resume(target, query) if query.get("continue") else self._begin(target, query)
        )
        page = objects[:limit] if limit else objects
        metadata: JsonObject = {"resourceVersion": str(version)}
        if len(page) < len(objects):
            self._keep_moment(target.kind, version)
            metadata["continue"] = ListPlace(version, _key_of(page[-1])).encode()
            if not query.get("labelSelector") and not query.get("fieldSelector"):
                metadata["remainingItemCount"] = len(objects) - len(page)
        return {
            "kind": f"{target.kind.kind}List", "apiVersion": target.kind.api_version, "metadata": metadata,
            "items": [_without_type(one) for one in page],
        }  # fmt: skip

    def forget_moments(self) -> None:
        """Let every continue token expire, as a compaction does."""
        self._moments.clear()

    def _begin(self, target: Target, query: Mapping[str, str]) -> tuple[int, list[JsonObject]]:
        """The present version and what it has."""
        wanted = _parse_number("resourceVersion", query.get("resourceVersion") or "0")
        present = self._store.resource_version
        if wanted > present:
            raise too_large_resource_version(wanted, present)
        return present, select_objects(self._store, target, query)

    def _resume(self, target: Target, query: Mapping[str, str]) -> tuple[int, list[JsonObject]]:
        """The version of the first page, and what it had after the last page."""
        place = ListPlace.decode(query["continue"])
        if place.version == PRESENT:
            version, objects = self._store.resource_version, self._store.list_of(target.kind)
        elif (target.kind, place.version) in self._moments:
            version, objects = place.version, self._moments[target.kind, place.version]
        else:
            raise continue_expired(ListPlace(PRESENT, place.last_key).encode())
        later = [one for one in objects if _key_of(one) > place.last_key]
        return version, _select(later, target, query)

    def _keep_moment(self, kind: ResourceKind, version: int) -> None:
        key = (kind, version)
        if key not in self._moments:  # then it is the present one
            self._moments[key] = self._store.list_of(kind)
        self._moments.move_to_end(key)
        while len(self._moments) > KEPT_MOMENTS:
            self._moments.popitem(last=False)


def select_objects(store: ObjectStore, target: Target, query: Mapping[str, str]) -> list[JsonObject]:
    """The objects of a collection that match the selectors of a query, in key order."""
    return _select(store.list_of(target.kind, target.namespace), target, query)


def _select(objects: Iterable[JsonObject], target: Target, query: Mapping[str, str]) -> list[JsonObject]:
    label_query, field_query = query.get("labelSelector", ""), query.get("fieldSelector", "")
    check_field_query(field_query, target.kind)
    return [
        one
        for one in objects
        if target.namespace in (None, namespace_of(one))
        and matches_label_query(label_query, labels_of(one))
        and matches_field_query(field_query, one)
    ]


def _key_of(value: JsonObject) -> str:
    return f"{namespace_of(value)}/{name_of(value)}"


def _without_type(value: JsonObject) -> JsonObject:
    # A typed list says its kind once; its items come without, as from the real server.
    return {key: item for key, item in value.items() if key not in ("kind", "apiVersion")}


def _parse_number(name: str, text: str) -> int:
    if not text.isdigit():
        raise bad_request(f'Invalid value: "{text}": {name}: must be a non-negative number')
    return int(text)
