"""The public price lists of AWS: what machines cost on demand, without an account.

A region's list is a file of hundreds of megabytes, which is read as it comes and never held; only its few rows about
machines that are wanted are kept. It is asked for with the mark (ETag) of the one before: mostly it has not changed,
and then nothing comes. The other public way, one small answer for each machine (GetProducts), needs credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oracle.market import Offering
from oracle.sources.aws.by_region import ask_regions
from oracle.sources.aws.offer_rows import OfferRows
from oracle.sources.aws.regions import PROVIDER
from oracle.sources.live import LiveAnswer, PriceClaim, Service
from oracle.sources.web.client import Question, WebClient
from oracle.sources.web.decoding import garbled

#: Lists change every few days; what one says holds until the next does.
REFRESH_S, LIFE_S = 6 * 3600.0, 86_400.0
#: Five times the largest list; bounds the time and the traffic.
MAX_BYTES = 2 * 1024**3
#: Seconds that a list may come to nothing, and that it may take as a whole: 2 MB a second.
SILENCE_S, TOTAL_S = 30.0, 900.0


@dataclass(frozen=True, slots=True)
class _Known:
    """One region's list as it was read last, for the offerings that were wanted then."""

    etag: str | None
    wanted: frozenset[Offering]
    prices: Mapping[Offering, PriceClaim]


class AwsPriceList:
    """A LiveSource over the lists of the regions that are wanted."""

    def __init__(self, web: WebClient, url: str) -> None:
        """`url` is the address below which the regions' lists lie."""
        self._web = web
        self._url = url.rstrip("/")
        self._known: dict[str, _Known] = {}
        self.service = Service("AWS price list", PROVIDER, (Question(self._url).host,), REFRESH_S)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        """Read the lists of all regions; one that fails is a problem of its region. Raises: SourceUnavailable."""
        wanted = {one.on_demand for one in offerings}
        answers, problems = await ask_regions(wanted, self._ask_region)
        prices = {offering: claim for said in answers.values() for offering, claim in said.items()}
        return LiveAnswer(now, LIFE_S, prices, problems=problems)

    async def _ask_region(self, region: str, wanted: frozenset[Offering]) -> Mapping[Offering, PriceClaim]:
        known = self._known.get(region)
        headers = {}
        if known is not None and known.etag is not None and wanted <= known.wanted:
            headers = {"If-None-Match": known.etag}
        question = Question(
            f"{self._url}/{region}/index.csv",
            headers=headers,
            max_bytes=MAX_BYTES,
            silence_s=SILENCE_S,
            total_s=TOTAL_S,
        )
        rows, answer = await self._web.stream(question, lambda: OfferRows(question.host, region, wanted))
        if answer.is_unchanged and known is not None and headers:
            return known.prices
        if not rows.is_list:
            raise garbled(question.host, "no row of column names")
        self._known[region] = _Known(answer.etag, wanted, rows.prices)
        return rows.prices
