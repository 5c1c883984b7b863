"""The services of AWS that can be asked for live prices, as the settings make them."""

from __future__ import annotations

from contextlib import AsyncExitStack

from oracle.foundation.clocks import Clocks
from oracle.price_settings import LivePriceSettings
from oracle.sources.aws.api import Ec2Api
from oracle.sources.aws.placement_scores import AwsPlacementScores
from oracle.sources.aws.price_list import AwsPriceList
from oracle.sources.aws.spot_advisor import AwsSpotAdvisor
from oracle.sources.aws.spot_feed import AwsSpotFeed
from oracle.sources.aws.spot_history import AwsSpotHistory
from oracle.sources.live import LiveSource
from oracle.sources.web.client import WebClient


def make_aws_sources(
    web: WebClient, settings: LivePriceSettings, clocks: Clocks, closing: AsyncExitStack
) -> dict[str, LiveSource]:
    """Return name in `prices.sources` -> source, in the order in which they are believed.

    `closing` takes what has to be closed at the end.
    """
    aws, api = settings.aws, Ec2Api(settings, clocks)
    closing.push_async_callback(api.aclose)
    return {
        "aws-spot-history": AwsSpotHistory(api, settings.refresh_s, settings.life_s),
        "aws-spot-feed": AwsSpotFeed(web, aws.spot_feed_url, settings.refresh_s, settings.life_s),
        "aws-spot-advisor": AwsSpotAdvisor(web, aws.spot_advisor_url),
        "aws-price-list": AwsPriceList(web, aws.price_list_url),
        "aws-placement-scores": AwsPlacementScores(api, clocks),
    }
