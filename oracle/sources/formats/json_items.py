"""The items of a document of JSON with the line of each: of a page, of pages, or of a list of either. Pure.

A name that stands twice in an object is refused: which of its values holds, nobody can know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from oracle.errors import PriceFileError
from oracle.reasons import OracleCode

#: Characters of a document, which is held as a whole; some 250,000 prices of the AWS CLI.
MAX_JSON_LENGTH = 64 * 1024 * 1024

_SPACE = " \t\n"


class JsonItems:
    """Walks through a document. `page` has what the last page says besides its items."""

    def __init__(self, text: str, file: str, lists: frozenset[str]) -> None:
        """`lists` are the names under which pages have their items."""
        self._text = text
        self._file = file
        self._lists = lists
        self._at = 0
        self._line = 1
        self._decoder = json.JSONDecoder(
            parse_float=Decimal, parse_int=_parse_int, parse_constant=_refuse, object_pairs_hook=_make_object
        )
        self.page: dict[str, Any] = {}
        self.found: set[str] = set()

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each item with its line. Raises: PriceFileError."""
        try:
            while self._peek():
                yield from self._read_value()
                if self._peek() == ",":
                    raise ValueError("an unexpected comma")
        except (ValueError, RecursionError) as error:
            reason = OracleCode.JSON_INVALID.because(error=str(error).partition(": line")[0])
            raise PriceFileError(self._file, self._line, reason) from error

    def _read_value(self) -> Iterator[tuple[int, dict[str, Any]]]:
        if self._peek() == "[":
            yield from self._read_list()
            return
        if self._peek() != "{":
            raise ValueError("no object and no list")
        line, has_items = self._line, False
        page: dict[str, Any] = {}
        self.page = page
        for name in self._read_names():
            if name in self._lists and self._peek() == "[":
                self.found.add(name)
                has_items = True
                yield from self._read_list()
            elif self._begins_page():
                has_items = True
                yield from self._read_value()
            else:
                page[name] = self._decode()
        if not has_items:
            yield line, page

    def _read_names(self) -> Iterator[str]:
        """Yield the names of an object, each as its value is to be read."""
        self._take("{")
        seen: set[str] = set()
        while self._peek() != "}":
            name = self._decode()
            if not isinstance(name, str) or name in seen:
                raise ValueError(f"{name!r} is no name, or stands twice")
            seen.add(name)
            self._take(":")
            yield name
            if self._peek() != "}":
                self._take(",")
        self._take("}")

    def _read_list(self) -> Iterator[tuple[int, dict[str, Any]]]:
        self._take("[")
        while self._peek() != "]":
            if self._begins_page():
                yield from self._read_value()
            else:
                line, item = self._line, self._decode()
                if isinstance(item, dict):
                    yield line, item
            if self._peek() != "]":
                self._take(",")
        self._take("]")

    def _begins_page(self) -> bool:
        """Whether an object begins here that has a list of items near its beginning."""
        self._peek()
        beginning = self._text[self._at : self._at + 2000]
        return beginning.startswith("{") and any(f'"{name}"' in beginning for name in self._lists)

    def _peek(self) -> str:
        """Return the next sign that is no space; empty at the end."""
        text, at = self._text, self._at
        while at < len(text) and text[at] in _SPACE:
            self._line += text[at] == "\n"
            at += 1
        self._at = at
        return text[at : at + 1]

    def _take(self, sign: str) -> None:
        if self._peek() != sign:
            raise ValueError(f"{sign} is missing")
        self._at += 1

    def _decode(self) -> Any:
        self._peek()
        value, end = self._decoder.raw_decode(self._text, self._at)
        self._line += self._text.count("\n", self._at, end)
        self._at = end
        return value


def _parse_int(digits: str) -> Decimal:
    return Decimal(digits)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def text_of(item: dict[str, Any], name: str) -> str:
    """Return what an item says under a name as text; empty for nothing, and for what is no text and no number."""
    value = item.get(name)
    return str(value).strip() if isinstance(value, (str, Decimal)) else ""
