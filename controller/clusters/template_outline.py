"""What a pod template says, part by part, so that two of them can be compared and their differences be named. Pure.

A template may hold secrets as plain text, in its environment or its arguments. So only images, resources, labels and
node selectors are kept as they are; of everything else a fingerprint is, which shows that it differs and not how.

What a person has declared to differ from region to region is left out of every outline: two Deployments of one workload
are the same then, wherever each of them pulls its image from or finds its database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from controller.clusters.json_reading import as_list, as_mapping, as_text
from controller.clusters.regional_differences import ENVIRONMENT, IMAGE_REGISTRY, NODE_SELECTOR
from oracle.foundation.untrusted_text import clean_text

#: What a restart leaves behind: templates that differ in it are equal.
VOLATILE_ANNOTATIONS = ("kubectl.kubernetes.io/restartedAt",)

#: Before a fingerprint; no label, image or amount begins so.
_MARK = "#"
#: Of a value that is kept as it is, characters; of a longer one its fingerprint tells the rest.
_MAX_SHOWN = 120
#: Parts of one template that are kept apart; what comes after them is one part together. Arbitrary, and far above what
#: people write by hand.
_MAX_PARTS = 300
#: Differences that a sentence names.
_MAX_NAMED = 6

#: (part of the template, its value or its fingerprint), sorted.
Outline = tuple[tuple[str, str], ...]


def outline_template(template: Mapping[str, Any], declared: frozenset[str] = frozenset()) -> Outline:
    """Return what a pod template says, but for what was declared to differ."""
    metadata, pod = as_mapping(template.get("metadata")), as_mapping(template.get("spec"))
    parts = sorted(
        (
            *_outline_labels(as_mapping(metadata.get("labels"))),
            *_outline_annotations(as_mapping(metadata.get("annotations"))),
            *_outline_pod(pod, declared),
        )
    )
    rest = parts[_MAX_PARTS:]
    return (*parts[:_MAX_PARTS], *((("the rest", _fingerprint(rest)),) if rest else ()))


def name_differences(here: Outline, there: Outline) -> tuple[str, ...]:
    """Return in which parts two outlines differ, in words; empty where they are equal."""
    mine, theirs = dict(here), dict(there)
    differing = sorted(part for part in mine.keys() | theirs.keys() if mine.get(part) != theirs.get(part))
    named = tuple(_name(part, mine.get(part), theirs.get(part)) for part in differing[:_MAX_NAMED])
    left = len(differing) - _MAX_NAMED
    return (*named, *((f"{left} more",) if left > 0 else ()))


def _name(part: str, mine: str | None, theirs: str | None) -> str:
    if mine is None:
        return f"{part} only there"
    if theirs is None:
        return f"{part} only here"
    if mine.startswith(_MARK) or theirs.startswith(_MARK):
        return part
    return f"{part} {mine} here, {theirs} there"


def _outline_labels(labels: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in labels.items():
        if name != "pod-template-hash":
            yield f"label {_clean(name)}", _show(value)


def _outline_annotations(annotations: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in annotations.items():
        if name not in VOLATILE_ANNOTATIONS:
            yield f"annotation {_clean(name)}", _fingerprint(value)


def _outline_pod(pod: Mapping[str, Any], declared: frozenset[str]) -> Iterator[tuple[str, str]]:
    for field, value in pod.items():
        if field in ("containers", "initContainers"):
            kind = "container" if field == "containers" else "init container"
            for number, container in enumerate(map(as_mapping, as_list(value))):
                yield from _outline_container(kind, number, container, declared)
        elif field != "nodeSelector":
            yield _clean(field), _fingerprint(value)
        elif NODE_SELECTOR not in declared:
            for label, wanted in as_mapping(value).items():
                yield f"node selector {_clean(label)}", _show(wanted)


def _outline_container(
    kind: str, number: int, container: Mapping[str, Any], declared: frozenset[str]
) -> Iterator[tuple[str, str]]:
    name = f"{kind} {_clean(container.get('name') or number)}"
    for field, value in container.items():
        if field == "image":
            yield f"{name} image", _show(_outline_image(value, declared))
        elif field == "env":
            for variable in as_list(value):
                called = as_mapping(variable).get("name")
                if f"{ENVIRONMENT}{called}" not in declared:
                    yield f"{name} env {_clean(called)}", _fingerprint(variable)
        elif field == "resources":
            yield from _outline_resources(name, as_mapping(value))
        elif field != "name":
            yield f"{name} {_clean(field)}", _fingerprint(value)
    yield f"{name} place", str(number)


def _outline_resources(name: str, resources: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, amounts in resources.items():
        if kind in ("requests", "limits"):
            for resource, amount in as_mapping(amounts).items():
                yield f"{name} {kind} {_clean(resource)}", _show(amount)
        else:
            yield f"{name} {_clean(kind)}", _fingerprint(amounts)


def _outline_image(image: object, declared: frozenset[str]) -> object:
    """Without its registry, where that may differ: the last part of its path, with its tag or digest."""
    text = as_text(image)
    return image if text is None or IMAGE_REGISTRY not in declared else text.rpartition("/")[2]


def _show(value: object) -> str:
    if not isinstance(value, str) or value.startswith(_MARK):
        return _fingerprint(value)
    shown = clean_text(value, _MAX_SHOWN)
    return shown if shown == value else f"{shown} ({_fingerprint(value)})"


def _clean(name: object) -> str:
    return clean_text(name, _MAX_SHOWN)


def _fingerprint(value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return _MARK + hashlib.sha256(canonical.encode()).hexdigest()[:16]
