"""The services of Google Cloud as the settings make them, the most trusted first."""

from __future__ import annotations

from functools import partial

from oracle.foundation.clocks import Clocks
from oracle.price_settings import LivePriceSettings
from oracle.sources.gcp.billing_catalog import GcpBillingCatalog
from oracle.sources.gcp.capacity_advice import GcpCapacityAdvice
from oracle.sources.gcp.capacity_history import GcpCapacityHistory
from oracle.sources.gcp.catalog_items import parse_shapes
from oracle.sources.gcp.compute_api import ComputeApi
from oracle.sources.gcp.login import HOSTS, make_fetch, read_api_key
from oracle.sources.live import LiveSource
from oracle.sources.login import Login
from oracle.sources.web.client import WebClient
from resources.loader import load_json


def make_gcp_sources(web: WebClient, settings: LivePriceSettings, clocks: Clocks) -> dict[str, LiveSource]:
    """Return name in `prices.sources` -> source, of those for which the settings say as whom to ask."""
    gcp = settings.gcp
    sources: dict[str, LiveSource] = {}
    if gcp.project is not None:
        login = Login(make_fetch(settings), clocks, HOSTS)
        api = ComputeApi(web, gcp.compute_url, gcp.project, login)
        sources["gcp-capacity-history"] = GcpCapacityHistory(api)
        sources["gcp-capacity-advice"] = GcpCapacityAdvice(api)
    if gcp.api_key_file is not None:
        shapes = parse_shapes(load_json("gcp_machine_shapes.json"))
        read_key = partial(read_api_key, gcp.api_key_file)
        sources["gcp-billing-catalog"] = GcpBillingCatalog(web, gcp.catalog_url, read_key, shapes)
    return sources
