"""The billing catalog of Google Cloud on this machine, for whoever has its key, with prices that a test chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from aiohttp import web

from oracle.price_settings import GcpPriceSettings, LivePriceSettings
from tests.oracle.sources.gcp.test_catalog_items import make_item
from tests.oracle.sources.price_servers import PriceServer, price_server

KEY = "a-key-of-google"
LONG_AGO = "2020-01-01T00:00:00Z"


@asynccontextmanager
async def keyed_google(
    folder: Path, regions: Iterable[str], spot: tuple[str, str], on_demand: tuple[str, str]
) -> AsyncIterator[tuple[PriceServer, LivePriceSettings]]:
    """Serve the prices of a core and of a GiB of N2 in some regions, and yield the settings that lead there."""
    items = [
        make_item(
            f"{prefix}N2 Instance {part} running in Americas", usd, unit, usage, serviceRegions=list(regions)
        )
        for prefix, usage, prices in (("", "OnDemand", on_demand), ("Spot Preemptible ", "Preemptible", spot))
        for part, unit, usd in (("Core", "h", prices[0]), ("Ram", "GiBy.h", prices[1]))
    ]
    for item in items:
        item["pricingInfo"][0]["effectiveTime"] = LONG_AGO

    async def answer(request: web.Request) -> web.Response:
        status = 200 if request.headers.get("X-Goog-Api-Key") == KEY else 403
        return web.Response(body=msgspec.json.encode({"skus": items}), status=status)

    key = folder / "key"
    key.write_text(KEY)
    key.chmod(0o600)
    async with price_server(folder) as server:
        server.answers["/v1/services/6F81-5844-456A/skus"] = answer
        gcp = GcpPriceSettings(api_key_file=str(key), catalog_url=f"{server.url}/v1")
        yield server, LivePriceSettings(ca_bundle=server.ca_bundle, gcp=gcp)
