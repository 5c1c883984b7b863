"""The services that can be asked for live prices, as the settings make them; imported only where they are asked."""

from __future__ import annotations

from contextlib import AsyncExitStack

from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason
from oracle.price_settings import LivePriceSettings, list_askable
from oracle.reasons import OracleCode
from oracle.regions import load_regions, suggest_region
from oracle.sources.aws.services import make_aws_sources
from oracle.sources.azure.services import make_azure_sources
from oracle.sources.composite import LiveMarket
from oracle.sources.gcp.services import make_gcp_sources
from oracle.sources.web.client import WebClient
from oracle.sources.web.tls import load_authorities


def make_live_market(settings: LivePriceSettings, clocks: Clocks) -> LiveMarket:
    """Return the market of the services that are chosen; none is asked before somebody wants a price of its cloud.

    Only regions that the program knows are asked about, because their names, which come from labels of nodes, stand in
    addresses.

    Raises: SourceUnavailable for authorities that cannot be used.
    """
    closing = AsyncExitStack()
    web = WebClient(settings, clocks, load_authorities(settings.ca_bundle))
    closing.push_async_callback(web.aclose)
    sources = make_aws_sources(web, settings, clocks, closing)
    sources |= make_azure_sources(web, settings, clocks) | make_gcp_sources(web, settings, clocks)
    chosen = settings.sources or list_askable(settings)
    asked = [source for name, source in sources.items() if name in chosen]
    known = load_regions().keys()
    regions = settings.regions & known if settings.regions else frozenset(known)
    unknown = tuple(map(_describe_unknown, sorted(settings.regions - known)))
    return LiveMarket(asked, clocks, regions, close=closing.aclose, notices=unknown)


def _describe_unknown(region: str) -> Reason:
    example = suggest_region(region) or "aws/eu-west-1"
    return OracleCode.REGION_NOT_ASKED.because(region=region, example=example)
