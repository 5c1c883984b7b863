"""Reads files of prices, packed or not, without ever holding more of one than a line."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from oracle.errors import PriceFileError
from oracle.foundation.reason import Reason
from oracle.foundation.trusted_file import UntrustedFile, open_trusted
from oracle.reasons import OracleCode
from oracle.regions import load_regions, suggest_region
from oracle.sources.price_list import PriceList, parse_price_list
from oracle.sources.price_rows import MAX_LINE_LENGTH
from oracle.sources.recording import Recording, parse_recording
from oracle.sources.watched_file import Version


def load_recording(path: str) -> Recording:
    """Read a .csv or .csv.gz file of recorded prices. Raises: PriceFileError."""
    return parse_recording(_read_lines(path), Path(path).name, load_regions(), suggest_region)


def load_price_list(path: str, life_s: float) -> PriceList:
    """Read one version of a file of live prices, which nobody else may have written. Raises: PriceFileError."""
    lines = _read_lines(path, is_trusted_only=True)
    return parse_price_list(lines, Path(path).name, life_s, load_regions(), suggest_region)


def find_version(path: str) -> Version:
    """Return what tells this version of a file from another. Raises: PriceFileError."""
    try:
        facts = os.stat(path)
    except OSError as error:
        raise PriceFileError(path, None, _unreadable(error)) from error
    # The second time cannot be set by whoever copies a file with its times.
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _read_lines(path: str, *, is_trusted_only: bool = False) -> Iterator[str]:
    """Yield the lines of a file; of one that is too long, its beginning. Raises: PriceFileError."""
    line = 0
    try:
        with _open(path, is_trusted_only) as file, _open_text(file, path) as text:
            while piece := text.readline(MAX_LINE_LENGTH + 1):
                line += 1
                yield piece
    except UntrustedFile as error:
        raise PriceFileError(
            path, None, OracleCode.PRICE_FILE_UNTRUSTED.because(problem=error.reason)
        ) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise PriceFileError(
            path, line + 1, OracleCode.PRICE_FILE_DAMAGED.because(error=str(error))
        ) from error
    except UnicodeDecodeError as error:
        raise PriceFileError(
            path, line + 1, OracleCode.PRICE_FILE_NO_TEXT.because(error=error.reason)
        ) from error
    except OSError as error:
        raise PriceFileError(path, None, _unreadable(error)) from error


def _unreadable(error: OSError) -> Reason:
    return OracleCode.PRICE_FILE_UNREADABLE.because(error=error.strerror or str(error))


def _open(path: str, is_trusted_only: bool) -> BinaryIO:
    return open_trusted(Path(path)) if is_trusted_only else Path(path).open("rb")


def _open_text(file: BinaryIO, path: str) -> io.TextIOWrapper:
    unpacked = gzip.GzipFile(fileobj=file) if path.endswith(".gz") else file
    return io.TextIOWrapper(cast(BinaryIO, unpacked), encoding="utf-8-sig", newline="")
