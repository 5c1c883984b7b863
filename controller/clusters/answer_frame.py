"""What every answer of an API server has to look like before anybody reads it. Pure.

The first of two layers, of every kind and also of what is watched: no deeper than can be walked, and objects, lists and
texts where Kubernetes has them, since whoever reads `metadata`, `spec`, `status`, `labels` or `annotations` takes them
for that. What is something else is no answer, as if none had come: never an error of the program that asked. What
decisions are made of has to be more than that (`answer_shapes.py`, which takes this for granted).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.clusters.json_reading import is_deeper_than
from controller.reasons import Code
from oracle.foundation.reason import Reason

#: How deep objects may lie in one another. Arbitrary; what managedFields say of a pod template has some fifteen levels.
MAX_LEVELS = 64

#: Field of an object's metadata -> what it is where it is there.
_METADATA: Mapping[str, type] = {
    "name": str,
    "namespace": str,
    "uid": str,
    "resourceVersion": str,
    "generation": int,
    "deletionTimestamp": str,
    "continue": str,
    "labels": dict,
    "annotations": dict,
    "managedFields": list,
}

#: What is an object where it is there; the `status` of a Status is a word.
_OBJECTS_OF_STATUS = ("metadata", "spec")
_OBJECTS = (*_OBJECTS_OF_STATUS, "status")


def find_fault(answer: Mapping[str, Any]) -> Reason | None:
    """Return what is wrong with an answer that is an object; None: it can be read."""
    if is_deeper_than(answer, MAX_LEVELS):
        return Code.ANSWER_TOO_DEEP.because()
    items = answer.get("items")
    if items is not None and not isinstance(items, list):
        return Code.ANSWER_NO_LIST.because()
    has_shape = all(map(_has_shape, (answer, *(items or ()))))
    return None if has_shape else Code.ANSWER_MISSHAPEN.because(where="it")


def _has_shape(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    objects = _OBJECTS_OF_STATUS if body.get("kind") == "Status" else _OBJECTS
    parts = (body.get(part) for part in objects)
    return all(part is None or isinstance(part, dict) for part in parts) and _has_metadata(body)


def _has_metadata(body: Mapping[str, Any]) -> bool:
    metadata = body.get("metadata") or {}
    if not all(
        metadata.get(name) is None or type(metadata[name]) is wanted for name, wanted in _METADATA.items()
    ):
        return False
    texts = (*(metadata.get("labels") or {}).values(), *(metadata.get("annotations") or {}).values())
    return all(isinstance(text, str) for text in texts) and all(
        isinstance(entry, dict) for entry in metadata.get("managedFields") or ()
    )
