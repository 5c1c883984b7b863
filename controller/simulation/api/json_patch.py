"""JSON Patch (RFC 6902) and JSON merge patch (RFC 7386), with the API server's habits. Pure.

Habits that a general library does not have: `test` of a missing member passes when the expected value is null,
`replace` of a missing member adds it, and any failing operation refuses the whole patch, so that a patch with `test`
is a compare-and-set.
"""

from collections.abc import Sequence
from typing import Any

from controller.simulation.api.json_objects import JsonObject

_MISSING = object()


class PatchFailed(Exception):
    """An operation cannot be applied; nothing was changed."""


def apply_json_patch(document: Any, operations: Sequence[JsonObject]) -> Any:
    """The patched document; the given one is left alone. Raises PatchFailed."""
    for operation in operations:
        document = _apply_operation(document, operation)
    return document


def apply_merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: objects merge, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = apply_merge_patch(merged.get(key), value)
    return merged


def parse_pointer(pointer: str) -> list[str]:
    """RFC 6901 tokens. Raises PatchFailed for a pointer that does not begin with a slash."""
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise PatchFailed(f"pointer {pointer!r} does not begin with /")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]


def _apply_operation(document: Any, operation: JsonObject) -> Any:
    name = operation.get("op")
    path = parse_pointer(str(operation.get("path", "")))
    if name == "test":
        return _test(document, path, operation.get("value"))
    if name == "add":
        return _set(document, path, operation.get("value"), insert=True)
    if name == "replace":
        _require(document, path[:-1])
        return _set(document, path, operation.get("value"), insert=False)
    if name == "remove":
        _require(document, path)
        return _remove(document, path)
    if name in ("move", "copy"):
        source = parse_pointer(str(operation.get("from", "")))
        value = _require(document, source)
        return _set(_remove(document, source) if name == "move" else document, path, value, insert=True)
    raise PatchFailed(f"unknown operation {name!r}")


def _test(document: Any, path: list[str], expected: Any) -> Any:
    actual = _read(document, path)
    # The server's patch library takes a missing member for null; clients use that to test for absence.
    if actual is _MISSING and expected is None and _read(document, path[:-1]) is not _MISSING:
        return document
    if actual is _MISSING or not _equal(actual, expected):
        raise PatchFailed(f"test of /{'/'.join(path)} failed")
    return document


def _equal(left: Any, right: Any) -> bool:
    # Python says True == 1; JSON does not.
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _read(document: Any, path: Sequence[str]) -> Any:
    for token in path:
        if isinstance(document, dict):
            document = document.get(token, _MISSING)
        elif isinstance(document, list) and token.isdigit() and int(token) < len(document):
            document = document[int(token)]
        else:
            return _MISSING
    return document


def _require(document: Any, path: Sequence[str]) -> Any:
    value = _read(document, path)
    if value is _MISSING:
        raise PatchFailed(f"/{'/'.join(path)} does not exist")
    return value


def _set(document: Any, path: list[str], value: Any, *, insert: bool) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(document, dict):
        if rest and head not in document:
            raise PatchFailed(f"{head!r} does not exist")
        return {**document, head: _set(document.get(head), rest, value, insert=insert)}
    if isinstance(document, list):
        index = _list_index(document, head, end_allowed=insert and not rest)
        if rest:
            return [
                *document[:index],
                _set(document[index], rest, value, insert=insert),
                *document[index + 1 :],
            ]
        return [*document[:index], value, *document[index if insert else index + 1 :]]
    raise PatchFailed(f"{head!r} is not inside an object or a list")


def _remove(document: Any, path: Sequence[str]) -> Any:
    if not path:
        raise PatchFailed("the whole document cannot be removed")
    head, rest = path[0], path[1:]
    if isinstance(document, dict):
        if rest:
            return {**document, head: _remove(document[head], rest)}
        return {key: item for key, item in document.items() if key != head}
    index = _list_index(document, head, end_allowed=False)
    if rest:
        return [*document[:index], _remove(document[index], rest), *document[index + 1 :]]
    return [*document[:index], *document[index + 1 :]]


def _list_index(items: list[Any], token: str, *, end_allowed: bool) -> int:
    if token == "-" and end_allowed:
        return len(items)
    if not token.isdigit() or int(token) > len(items) - (0 if end_allowed else 1):
        raise PatchFailed(f"index {token!r} is outside the list")
    return int(token)
