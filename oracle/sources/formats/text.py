"""From the bytes of a file to text: unpacked, decoded and bounded, piece by piece, whatever the file's name says.

600 KB packed can be a gigabyte of text: the whole is bounded here while it is read, and never held.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import importlib
import io
import zlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any, BinaryIO, cast

from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode

#: Bytes that are read and decoded at once.
PIECE = 256 * 1024
#: Characters of the whole text, unpacked: 2,000,000 rows of 150.
MAX_TEXT_LENGTH = 300_000_000
#: Bytes that a frame of Zstandard may ask for while it is unpacked; what tools write by default stays below.
MAX_ZSTD_WINDOW = 128 * 1024 * 1024

#: Packed bytes that are unpacked at once: 4 of them can be 128 KiB.
ZSTD_PIECE = 128

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
#: How other kinds of files begin, with what to do.
_OTHERS = (
    (b"PK\x03\x04", "a zip archive or a workbook of Excel", "unpack it, or save it as CSV"),
    (b"PAR1", "Parquet", "write it as CSV"),
    (b"BZh", "packed by bzip2", "unpack it"),
    (b"\xfd7zXZ", "packed by xz", "unpack it"),
    (b"%PDF", "a PDF document", "prices are needed as rows"),
    (b"SQLite format 3", "an SQLite database", "write its rows as CSV"),
    (b"\xd0\xcf\x11\xe0", "a workbook of Excel", "save it as CSV"),
    (b"\x80\x04", "a pickle of Python", "write it as CSV"),
    (b"\x80\x05", "a pickle of Python", "write it as CSV"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class TextPieces:
    """An iterator over the text of a file, whose line breaks are all `\\n`; knows its digest when it has ended."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._digest = hashlib.blake2b(digest_size=8)
        self.line = 1
        self.ends_with_break = False

    @property
    def digest(self) -> str:
        """Stands for the content so far, unpacked."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[str]:
        """Yield pieces that are not empty. Raises: PriceFileError."""
        try:
            yield from self._read()
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise self._fail(OracleCode.PRICE_FILE_DAMAGED.because(kind="gzip", error=str(error))) from error
        except _ZstdDamaged as error:
            raise self._fail(OracleCode.PRICE_FILE_DAMAGED.because(kind="zst", error=str(error))) from error
        except UnicodeDecodeError as error:
            raise self._fail(OracleCode.PRICE_FILE_NO_TEXT.because(error=error.reason)) from error

    def _read(self) -> Iterator[str]:
        unpacked = self._unpack()
        first = unpacked.read(PIECE)
        self._refuse_others(first)
        decoder = codecs.getincrementaldecoder(_find_encoding(first))()
        breaks = io.IncrementalNewlineDecoder(decoder, translate=True)
        length, piece = 0, first
        while piece:
            self._digest.update(piece)
            if text := breaks.decode(piece):
                yield from self._bound(text, length)
                length += len(text)
            piece = unpacked.read(PIECE)
        if rest := breaks.decode(b"", final=True):
            yield from self._bound(rest, length)

    def _bound(self, text: str, length: int) -> Iterator[str]:
        if length + len(text) > MAX_TEXT_LENGTH:
            limit = OracleCode.PRICE_FILE_TOO_LONG.because(limit=MAX_TEXT_LENGTH, unit="characters")
            raise self._fail(limit)
        yield text
        self.line += text.count("\n")
        self.ends_with_break = text.endswith("\n")

    def _unpack(self) -> BinaryIO:
        buffered = cast(io.BufferedReader, self._file)
        beginning = buffered.peek(8)[:8]
        if beginning.startswith(_GZIP):
            return cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
        if beginning.startswith(_ZSTD):
            return self._unpack_zstd(buffered)
        return buffered

    def _unpack_zstd(self, file: BinaryIO) -> BinaryIO:
        try:
            zstandard = importlib.import_module("zstandard")
        except ImportError as error:
            raise PriceFileError(self._name, None, OracleCode.PRICE_FILE_ZSTD.because()) from error
        return cast(BinaryIO, _ZstdFile(file, zstandard))

    def _refuse_others(self, first: bytes) -> None:
        if not first:
            raise PriceFileError(self._name, None, OracleCode.PRICE_FILE_EMPTY.because())
        for beginning, kind, advice in _OTHERS:
            if first.startswith(beginning):
                reason = OracleCode.PRICE_FILE_OF_OTHER_KIND.because(kind=kind, advice=advice)
                raise PriceFileError(self._name, None, reason)

    def _fail(self, reason: Reason) -> PriceFileError:
        return PriceFileError(self._name, self.line, reason)


class _ZstdDamaged(Exception):
    """A file that Zstandard cannot unpack as a whole."""


class _ZstdFile:
    """Unpacks one frame after the other. The library's own reader takes a file that was cut off for a whole one."""

    def __init__(self, file: BinaryIO, library: ModuleType) -> None:
        self._file = file
        self._library = library
        self._decompressor = library.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW)
        self._frame: Any = None
        self._packed = b""

    def read(self, size: int) -> bytes:
        """Return about `size` bytes, none at the end. Raises: _ZstdDamaged."""
        kept, length = [], 0
        while length < size and (packed := self._packed or self._file.read(ZSTD_PIECE)):
            self._frame = self._frame or self._decompressor.decompressobj()
            try:
                piece = self._frame.decompress(packed)
            except self._library.ZstdError as error:
                raise _ZstdDamaged(str(error)) from error
            self._packed = b""
            if self._frame.eof:
                self._packed, self._frame = self._frame.unused_data, None
            kept.append(piece)
            length += len(piece)
        if not length and self._frame is not None:
            raise _ZstdDamaged("it ends within a frame")
        return b"".join(kept)


def _find_encoding(first: bytes) -> str:
    """Return how the text is encoded: by its mark, else by where ASCII would have zeros."""
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return encoding
    head = first[:64]
    if len(head) >= 4 and not any(head[1::2]):
        return "utf-16-le"
    if len(head) >= 4 and not any(head[::2]):
        return "utf-16-be"
    return "utf-8"
