"""The one function that looks at what a file holds and reads it, whatever its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any, BinaryIO, NamedTuple

from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode
from oracle.sources.formats import aws_json, azure_retail, google_skus, infracost
from oracle.sources.formats.json_items import MAX_JSON_LENGTH, JsonItems
from oracle.sources.formats.row_reading import Circumstances, RowReader
from oracle.sources.formats.table_text import read_table
from oracle.sources.formats.text import TextPieces
from oracle.sources.price_table import PriceTable, TableBuilder

#: Formats in which no row says of when it is.
_UNTIMED = frozenset({"skypilot-catalog"})
#: Formats that say what a node costs and not how it is bought.
_HOWEVER_BOUGHT = frozenset({"opencost"})


class _JsonFormat(NamedTuple):
    """name: as `prices check` says it. items: under which name a page has its items.

    read: takes in an item by itself; None where it takes several to make a price, which `read_all` does.
    """

    name: str
    items: str
    is_item: Callable[[dict[str, Any]], bool]
    read: Callable[[int, dict[str, Any], dict[str, Any], RowReader], None] | None = None
    read_all: Callable[[Iterable[tuple[int, dict[str, Any]]], RowReader], None] | None = None


_JSON_FORMATS = (
    *(
        _JsonFormat(module.FORMAT, module.LIST, module.is_item, read=module.read_item)
        for module in (aws_json, azure_retail, infracost)
    ),
    _JsonFormat(google_skus.FORMAT, google_skus.LIST, google_skus.is_item, read_all=google_skus.read_items),
)


def read_prices(file: BinaryIO, name: str, circumstances: Circumstances) -> PriceTable:
    """Return all prices of a file, which may be packed; whether any of them is usable is asked of the table.

    file: read once, from here to its end; it has `peek`. name: for messages.
    Raises: PriceFileError where it has no prices, or is not whole.
    """
    pieces = TextPieces(file, name)
    reader = RowReader(TableBuilder(name), circumstances)
    text = iter(pieces)
    beginning = next(text, "")
    whole = chain((beginning,), text)
    match beginning.lstrip()[:1]:
        case "<":
            raise PriceFileError(name, 1, OracleCode.PRICE_FILE_IS_PAGE.because())
        case "{" | "[":
            kind, is_whole = _read_json(_join(whole, name), reader), True
        case _:
            kind = read_table(whole, reader)
            is_whole = pieces.ends_with_break
    reader.builder.remarks.extend(_remark(kind, name, circumstances))
    return reader.builder.build(kind, pieces.digest, circumstances.list_prices, is_whole=is_whole)


def _remark(kind: str, name: str, circumstances: Circumstances) -> Iterator[Reason]:
    """Yield what a person should know of a format. Raises: PriceFileError for one without times that has to be live."""
    if kind in _UNTIMED:
        if circumstances.written_at is None:
            raise PriceFileError(name, None, OracleCode.PRICES_WITHOUT_TIMES.because())
        day = datetime.fromtimestamp(circumstances.written_at, UTC).strftime("%Y-%m-%d")
        yield OracleCode.PRICES_DATED_BY_FILE.because(file=name, date=day)
    if kind in _HOWEVER_BOUGHT:
        yield OracleCode.PRICES_HOWEVER_BOUGHT.because(file=name)


def _join(pieces: Iterable[str], name: str) -> str:
    kept, length = [], 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_JSON_LENGTH:
            too_long = OracleCode.PRICE_FILE_TOO_LONG.because(
                limit=MAX_JSON_LENGTH, unit="characters of JSON"
            )
            raise PriceFileError(name, None, too_long)
        kept.append(piece)
    return "".join(kept)


def _read_json(text: str, reader: RowReader) -> str:
    """Read a document of which the first item that is known says the format. Raises: PriceFileError."""
    file = reader.builder.file
    items = JsonItems(text, file, frozenset(one.items for one in _JSON_FORMATS))
    kind: _JsonFormat | None = None
    kept: list[tuple[int, dict[str, Any]]] = []
    for line, item in items:
        kind = kind or next((one for one in _JSON_FORMATS if one.is_item(item)), None)
        if kind is None:
            if infracost.is_report(item):
                raise PriceFileError(file, line, OracleCode.PRICES_OF_PROJECT.because())
            continue
        if not kind.is_item(item):
            reader.builder.leave_out(line, OracleCode.ITEM_NOT_UNDERSTOOD.because(format=kind.name))
        elif kind.read is not None:
            kind.read(line, item, items.page, reader)
        else:
            kept.append((line, item))
    if kind is not None:
        if kind.read_all is not None:
            kind.read_all(kept, reader)
        return kind.name
    raise PriceFileError(file, None, _describe_unknown(items))


def _describe_unknown(items: JsonItems) -> Reason:
    known = next((one.name for one in _JSON_FORMATS if one.items in items.found), None)
    if known is None:
        return OracleCode.JSON_UNKNOWN.because(known=tuple(one.name for one in _JSON_FORMATS))
    return OracleCode.JSON_WITHOUT_ITEMS.because(format=known)
