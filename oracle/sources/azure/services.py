"""The services of Azure as the settings make them, the most trusted first."""

from __future__ import annotations

from oracle.foundation.clocks import Clocks
from oracle.price_settings import LivePriceSettings
from oracle.sources.azure.login import find_hosts, make_fetch
from oracle.sources.azure.resource_graph import AzureResourceGraph
from oracle.sources.azure.retail_prices import AzureRetailPrices
from oracle.sources.azure.spot_placement import AzureSpotPlacement
from oracle.sources.live import LiveSource
from oracle.sources.login import Login
from oracle.sources.web.client import WebClient


def make_azure_sources(web: WebClient, settings: LivePriceSettings, clocks: Clocks) -> dict[str, LiveSource]:
    """Return name in `prices.sources` -> source; of those that need an account, the ones it is said for."""
    azure = settings.azure
    sources: dict[str, LiveSource] = {
        "azure-retail-prices": AzureRetailPrices(web, azure.retail_url, settings.refresh_s, settings.life_s)
    }
    if azure.credential is None:
        return sources
    login = Login(make_fetch(settings), clocks, find_hosts(azure.credential))
    sources["azure-resource-graph"] = AzureResourceGraph(web, azure.management_url, login)
    if azure.subscription is not None:
        sources["azure-spot-placement"] = AzureSpotPlacement(
            web, azure.management_url, azure.subscription, login
        )
    return sources
