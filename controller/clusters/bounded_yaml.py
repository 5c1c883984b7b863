"""Read YAML of strangers: within bounds of depth, size and time, and with nothing of it executed or guessed.

The library's own loader builds what nests a hundred thousand times until the process dies, makes numbers and dates of
what only looks like them, and lets the last of two equal keys win. Here its scanner's events are taken one by one, and
whatever is too much ends the reading at that line. Aliases are fine (people write them); what they expand to counts.
Of several documents only the first is read, as by kubectl.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from controller.clusters.kubeconfig_reasons import KubeconfigCode, at_line
from oracle.foundation.reason import Reason

#: How deep lists and mappings may lie in each other. Arbitrary; kubeconfigs need eight.
MAX_DEPTH = 64
#: Values in a document, every alias counted as what it stands for. A context takes about forty.
MAX_NODES = 200_000
#: Seconds that reading may take; a thousand contexts take half of one.
MAX_SECONDS = 5.0
#: The longest number that is read as one; JSON's own readers keep no more digits.
_MAX_DIGITS = 18
#: How many events pass between two looks at the clock.
_CLOCK_INTERVAL = 256

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_COLLECTIONS = {None, "!", f"{_TAG}map", f"{_TAG}seq"}


class YamlError(ValueError):
    """The text is not YAML or too much of it; `line` counts from 1. The message quotes nothing: it may be secret."""

    def __init__(self, line: int, problem: Reason) -> None:
        self.line = line
        self.reason = at_line(line, problem)
        super().__init__(str(self.reason))


class YamlMap(dict[str, Any]):
    """A mapping that knows its line, and the first key that stands in it twice, with the line of that."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.repeated: tuple[str, int] | None = None


@dataclass(slots=True)
class _Anchor:
    """What an alias stands for, how much that is and how deep; `nodes` is None until it is complete."""

    value: Any = None
    nodes: int | None = None
    height: int = 0


def read_yaml(text: str, clock: Callable[[], float] = time.monotonic) -> Any:
    """Return the first document as mappings (YamlMap), lists, texts, numbers, booleans and None.

    Raises: YamlError.
    """
    try:
        return _Reader(yaml.parse(text, Loader=_Loader), clock).read_document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "a character that it may not hold"
        line = mark.line + 1 if mark is not None else _find_line(text, error)
        raise YamlError(line, KubeconfigCode.INVALID_YAML.because(error=problem)) from None


def find_repeated(value: Any) -> tuple[str, int] | None:
    """The first key in a value that stands twice in its mapping, and its line; None: there is none."""
    if isinstance(value, YamlMap):
        if value.repeated is not None:
            return value.repeated
        value = list(value.values())
    if isinstance(value, list):
        return next((found for entry in value if (found := find_repeated(entry))), None)
    return None


class _Reader:
    """Builds values from events; the depth of its own recursion is bounded."""

    def __init__(self, events: Iterator[yaml.Event], clock: Callable[[], float]) -> None:
        self._events = events
        self._clock = clock
        self._deadline = clock() + MAX_SECONDS
        self._seen = 0
        self._nodes = 0
        self._depth = 0
        #: How deep it went below here since somebody last set it to the depth of here.
        self._deepest = 0
        self._anchors: dict[str, _Anchor] = {}
        self._resolver: Any = yaml.resolver.Resolver()

    def read_document(self) -> Any:
        event = self._next()
        while not isinstance(event, (yaml.DocumentStartEvent, yaml.StreamEndEvent)):
            event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self._read(self._next())
        self._next()  # Where the document does not end here, the parser says so.
        return value

    def _next(self) -> yaml.Event:
        event = next(self._events)
        self._seen += 1
        if self._seen % _CLOCK_INTERVAL == 0 and self._clock() > self._deadline:
            raise YamlError(_line(event), KubeconfigCode.TOO_SLOW.because(most_s=MAX_SECONDS))
        return event

    def _read(self, event: Any) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._read_alias(event)
        before = self._nodes
        self._count(1, event)
        anchor = _Anchor()
        if event.anchor is not None:
            self._anchors[event.anchor] = anchor
        deepest, self._deepest = self._deepest, self._depth
        if isinstance(event, yaml.CollectionStartEvent):
            anchor.value = self._read_collection(event)
        else:
            anchor.value = self._read_scalar(event)
        anchor.nodes, anchor.height = self._nodes - before, self._deepest - self._depth
        self._deepest = max(deepest, self._deepest)
        return anchor.value

    def _read_alias(self, event: Any) -> Any:
        anchor = self._anchors.get(event.anchor)
        if anchor is None or anchor.nodes is None:
            raise YamlError(_line(event), KubeconfigCode.ALIAS_UNKNOWN.because())
        self._count(anchor.nodes, event)
        self._descend(anchor.height, event)
        self._depth -= anchor.height
        return anchor.value

    def _count(self, nodes: int, event: yaml.Event) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise YamlError(_line(event), KubeconfigCode.TOO_MANY_VALUES.because(most=MAX_NODES))

    def _descend(self, levels: int, event: yaml.Event) -> None:
        self._depth += levels
        self._deepest = max(self._deepest, self._depth)
        if self._depth > MAX_DEPTH:
            raise YamlError(_line(event), KubeconfigCode.TOO_DEEP.because(most=MAX_DEPTH))

    def _read_collection(self, event: yaml.CollectionStartEvent) -> Any:
        if event.tag not in _COLLECTIONS:
            raise YamlError(_line(event), KubeconfigCode.TAG_UNKNOWN.because())
        self._descend(1, event)
        value = self._read_map(event) if isinstance(event, yaml.MappingStartEvent) else self._read_list()
        self._depth -= 1
        return value

    def _read_list(self) -> list[Any]:
        entries: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            entries.append(self._read(event))
        return entries

    def _read_map(self, start: yaml.Event) -> YamlMap:
        fields = YamlMap(_line(start))
        merged: list[YamlMap] = []
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise YamlError(_line(event), KubeconfigCode.KEY_NO_TEXT.because())
            self._count(1, event)
            value = self._read(self._next())
            if event.value == "<<" and not event.style:
                merged.extend(_merge_sources(value, event))
            elif event.value in fields:
                fields.repeated = fields.repeated or (event.value, _line(event))
            else:
                fields[event.value] = value
        for source in merged:
            for name, value in source.items():
                fields.setdefault(name, value)
        return fields

    def _read_scalar(self, event: yaml.ScalarEvent) -> Any:
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._resolver.resolve(yaml.ScalarNode, event.value, event.implicit)
        kind = tag.removeprefix(_TAG)
        if kind == "null":
            return None
        if kind == "bool":
            return yaml.SafeLoader.bool_values.get(event.value.lower(), event.value)
        if kind in ("int", "float"):
            return _read_number(event.value, int if kind == "int" else float)
        if kind in ("str", "timestamp", "merge", "value"):
            return event.value
        raise YamlError(_line(event), KubeconfigCode.TAG_UNKNOWN.because())


def _merge_sources(value: Any, event: yaml.Event) -> list[YamlMap]:
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, YamlMap) for source in sources):
        raise YamlError(_line(event), KubeconfigCode.MERGE_UNUSABLE.because())
    return sources


def _read_number(text: str, kind: type[int] | type[float]) -> Any:
    """A number as JSON has it; what is longer, or written in another way, stays a text."""
    if len(text) > _MAX_DIGITS:
        return text
    try:
        number = int(text, 0) if kind is int else float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _find_line(text: str, error: yaml.YAMLError) -> int:
    """The line of a character that YAML may not hold; its error has only a position."""
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position if isinstance(position, int) else 0) + 1
