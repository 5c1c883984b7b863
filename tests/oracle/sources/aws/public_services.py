"""All public services of AWS on this machine, with prices that a test chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from oracle.price_settings import AwsPriceSettings, LivePriceSettings
from tests.oracle.sources.aws.public_files import feed_size, write_advice, write_feed, write_offers
from tests.oracle.sources.price_servers import PriceServer, price_server, say


@asynccontextmanager
async def public_aws(
    folder: Path, spot: dict[str, dict[str, str]], on_demand: dict[str, str], band: int = 1
) -> AsyncIterator[tuple[PriceServer, LivePriceSettings]]:
    """Serve prices and yield the settings that lead there.

    Args:
        spot: region -> machine -> USD per hour.
        on_demand: machine -> USD per hour, in each of these regions.
        band: how often every machine is taken away, 0 to 4.
    """
    feed = {region: [feed_size(*one) for one in sizes.items()] for region, sizes in spot.items()}
    rows = [{"Instance Type": name, "PricePerUnit": price} for name, price in on_demand.items()]
    advice = {region: dict.fromkeys(sizes, band) for region, sizes in spot.items()}
    async with price_server(folder) as server:
        server.answers |= {"/spot.js": say(write_feed(feed)), "/advisor.json": say(write_advice(advice))}
        server.answers |= {f"/offers/{region}/index.csv": say(write_offers(*rows)) for region in spot}
        aws = AwsPriceSettings(
            spot_feed_url=f"{server.url}/spot.js",
            spot_advisor_url=f"{server.url}/advisor.json",
            price_list_url=f"{server.url}/offers",
        )
        yield server, LivePriceSettings(ca_bundle=server.ca_bundle, aws=aws)
