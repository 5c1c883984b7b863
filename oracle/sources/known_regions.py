"""Rows of regions that the program does not know: left out, counted, and reported with the line of the first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from oracle.foundation.reason import Reason
from oracle.reasons import OracleCode
from oracle.sources.price_rows import PriceRow

#: Unknown regions that are named; a file that is wrong altogether is as clear after twenty.
MAX_NAMED = 20


class RegionFilter:
    """Says of each row whether its region is known, and remembers those that are not."""

    def __init__(
        self, file: str, known: Iterable[str], suggest: Callable[[str], str | None] = lambda key: None
    ) -> None:
        """`known` are keys `provider/region`; `suggest` finds the one that looks like a wrong one."""
        self._file = file
        self._known = frozenset(known)
        self._suggest = suggest
        self._unknown: dict[str, int] = {}
        self._further = 0

    def knows(self, row: PriceRow) -> bool:
        """Whether the row's region is known; one that is not is noted."""
        key = row.offering.region_key
        if key in self._known:
            return True
        if key not in self._unknown:
            if len(self._unknown) < MAX_NAMED:
                self._unknown[key] = row.line
            else:
                self._further += 1
        return False

    @property
    def notices(self) -> tuple[Reason, ...]:
        """What was left out."""
        named = tuple(self._describe(key, line) for key, line in self._unknown.items())
        if not self._further:
            return named
        return (*named, OracleCode.MORE_REGIONS_UNKNOWN.because(file=self._file, count=self._further))

    def _describe(self, key: str, line: int) -> Reason:
        if suggestion := self._suggest(key):
            return OracleCode.REGION_MISSPELT.because(
                file=self._file, line=line, region=key, suggestion=suggestion
            )
        return OracleCode.REGION_UNKNOWN.because(file=self._file, line=line, region=key)


def describe_emptiness(left_out: Sequence[Reason]) -> Reason:
    """Return why a file gives no price at all: the first of what was left out, if anything was."""
    if not left_out:
        return OracleCode.PRICE_FILE_WITHOUT_PRICES.because()
    return OracleCode.PRICE_FILE_LEFT_OUT.because(first=left_out[0])
