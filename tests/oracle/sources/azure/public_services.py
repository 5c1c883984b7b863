"""The public price list of Azure on this machine, with prices that a test chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from aiohttp import web

from oracle.price_settings import AzurePriceSettings, LivePriceSettings
from tests.oracle.sources.azure.test_retail_items import REGULAR, make_item
from tests.oracle.sources.price_servers import PriceServer, price_server

LONG_AGO = "2020-01-01T00:00:00Z"


@asynccontextmanager
async def public_azure(
    folder: Path, machine: str, spot: dict[str, str], on_demand: str
) -> AsyncIterator[tuple[PriceServer, LivePriceSettings]]:
    """Serve the prices of one machine and yield the settings that lead there.

    Args:
        spot: region -> USD per hour.
        on_demand: USD per hour in each of these regions.
    """

    async def answer(request: web.Request) -> web.Response:
        region = next(one for one in spot if f"'{one}'" in request.query["$filter"])
        same = {"armSkuName": machine, "armRegionName": region, "effectiveStartDate": LONG_AGO}
        items = [
            make_item(**same, retailPrice=spot[region]),
            make_item(**{**REGULAR, **same, "retailPrice": on_demand}),
        ]
        return web.Response(body=msgspec.json.encode({"Items": items, "NextPageLink": None}))

    async with price_server(folder) as server:
        server.answers["/api/retail/prices"] = answer
        azure = AzurePriceSettings(retail_url=f"{server.url}/api/retail/prices")
        yield server, LivePriceSettings(ca_bundle=server.ca_bundle, azure=azure)
