"""What a person may choose about live prices: who is asked, how, and as whom. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from oracle.bounds import MAX_LIFE_S
from oracle.foundation.setting import Promise, section, setting
from oracle.redis_address import mask_addresses

#: An address of a service: TLS only, and nothing behind the path.
_HTTPS = r"https://[^\s?#\"'@]+"
_HTTPS_WORDS = "an address like https://HOST/PATH"

#: Services that can be asked, as `prices.sources` names them -> what each is asked for.
SOURCES = {
    "aws-spot-feed": "spot prices of AWS for whole regions, without an account",
    "aws-spot-advisor": "how often AWS takes spot machines away, without an account",
    "aws-price-list": "on-demand prices of AWS, without an account",
    "aws-spot-history": "spot prices of AWS by zone, with their past, with an account",
    "aws-placement-scores": "whether AWS has spot machines, with an account",
    "azure-retail-prices": "spot and on-demand prices of Azure, without an account",
    "azure-resource-graph": "spot prices of Azure with their past, and eviction rates, with an account",
    "azure-spot-placement": "whether Azure has spot machines, with an account",
    "gcp-capacity-history": "spot prices of Google Cloud with their past, and preemption rates, with an account",
    "gcp-capacity-advice": "whether Google Cloud has spot machines, with an account",
    "gcp-billing-catalog": "list prices of Google Cloud, with an API key",
}

#: What an identifier of a tenant or subscription of Azure looks like.
_GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


class AzureCredential(StrEnum):
    """Which credential of azure-identity proves who asks."""

    CLI = "cli"
    ENVIRONMENT = "environment"
    MANAGED_IDENTITY = "managed-identity"
    WORKLOAD_IDENTITY = "workload-identity"


@dataclass(frozen=True, slots=True)
class AwsPriceSettings:
    """How AWS is asked for prices, and as whom."""

    profile: str | None = setting(
        None,
        "Profile of ~/.aws as which AWS is asked, best one of the account that the clusters run in: only there do its "
        "zones have the names that their nodes have.",
        none="no profile is used",
        pattern=r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}",
        allowed="the name of a profile",
        example='"prices"',
    )
    use_environment: bool = setting(
        False,
        "Whether AWS is asked with the credentials of the environment: AWS_ACCESS_KEY_ID and those beside it, or the "
        "token of AWS_WEB_IDENTITY_TOKEN_FILE. They are not used unless this says so.",
    )
    ec2_url: str | None = setting(
        None,
        "Where EC2 is asked; REGION stands for the region.",
        none="ec2.REGION.amazonaws.com, or where AWS has that region",
        pattern=_HTTPS,
        allowed=_HTTPS_WORDS,
        example='"https://ec2.REGION.internal.example"',
    )
    spot_feed_url: str = setting(
        "https://spot-price.s3.amazonaws.com/spot.js",
        "Where the public spot feed of AWS lies.",
        pattern=_HTTPS,
        allowed=_HTTPS_WORDS,
        example='"https://mirror.example/spot.js"',
    )
    spot_advisor_url: str = setting(
        "https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json",
        "Where the file of the Spot Advisor of AWS lies.",
        pattern=_HTTPS,
        allowed=_HTTPS_WORDS,
        example='"https://mirror.example/spot-advisor-data.json"',
    )
    price_list_url: str = setting(
        "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonEC2/current",
        "Where the public price lists of AWS begin; a region's is `REGION/index.csv` below it.",
        pattern=_HTTPS,
        allowed=_HTTPS_WORDS,
        example='"https://mirror.example/AmazonEC2"',
    )

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("profile", "use_environment"),
            lambda given: given.profile is None or not given.use_environment,
            "AWS is asked as a profile or as the environment says, not both",
        ),
    )


@dataclass(frozen=True, slots=True)
class AzurePriceSettings:
    """How Azure is asked for prices, and as whom."""

    credential: AzureCredential | None = setting(
        None,
        "Which credential proves who asks Azure: `cli` is that of the program az, `environment` is AZURE_CLIENT_ID "
        "and those beside it, `managed-identity` is that of this machine, `workload-identity` that of this pod.",
        none="only services that need no account are asked",
        example='"cli"',
    )
    tenant: str | None = setting(
        None,
        "Tenant in which `credential` proves who asks, where that is `cli` or `workload-identity`.",
        none="as the credential says",
        pattern=rf"{_GUID}|[A-Za-z0-9][A-Za-z0-9.-]{{0,252}}",
        allowed="an identifier or a domain",
        example='"11111111-2222-3333-4444-555555555555"',
    )
    subscription: str | None = setting(
        None,
        "Subscription that is asked for spot placement scores by `credential`: its permissions and its quota count.",
        none="nobody is asked for them",
        pattern=_GUID,
        allowed="the identifier of a subscription",
        example='"11111111-2222-3333-4444-555555555555"',
    )
    retail_url: str = setting(
        "https://prices.azure.com/api/retail/prices",
        "Where the public price list of Azure is asked for.",
        pattern=_HTTPS,
        allowed=_HTTPS_WORDS,
        example='"https://mirror.example/retail/prices"',
    )
    management_url: str = setting(
        "https://management.azure.com",
        "Where the Resource Manager of Azure is asked.",
        pattern=_HTTPS,
        allowed=_HTTPS_WORDS,
        example='"https://mirror.example/azure"',
    )


@dataclass(frozen=True, slots=True)
class GcpPriceSettings:
    """How Google Cloud is asked for prices, and as whom."""

    project: str | None = setting(
        None,
        "Project that is asked for prices, preemptions and capacity of spot machines, by the application default "
        "credentials of this machine, which are used for nothing and by nobody unless a project is named.",
        none="nobody is asked for them",
        pattern=r"([a-z0-9.-]{1,100}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]",
        allowed="the identifier of a project",
        example='"my-project-123456"',
    )
    api_key_file: str | None = setting(
        None,
        "File whose only line is the API key by which the billing catalog is asked for list prices; one that others "
        "may read or write is refused.",
        none="it is not asked",
        example='"/run/secrets/google-api-key"',
    )
    compute_url: str = setting(
        "https://compute.googleapis.com/compute/v1",
        "Where Compute Engine of Google Cloud is asked.",
        pattern=_HTTPS,
        allowed=_HTTPS_WORDS,
        example='"https://mirror.example/compute/v1"',
    )
    catalog_url: str = setting(
        "https://cloudbilling.googleapis.com/v1",
        "Where the billing catalog of Google Cloud is asked.",
        pattern=_HTTPS,
        allowed=_HTTPS_WORDS,
        example='"https://mirror.example/billing/v1"',
    )


@dataclass(frozen=True, slots=True)
class LivePriceSettings:
    """How services are asked for live prices. By default, the public ones of the contexts' clouds are."""

    offline: bool = setting(
        False,
        "Whether no service is asked for prices at all. Without a file of prices those of real clusters are unknown "
        "then.",
        flag="--offline",
    )
    sources: frozenset[str] = setting(
        frozenset(),
        "Which services are asked, and no other: " + ", ".join(SOURCES) + ". None named: of the clouds "
        "that the contexts are in, the public ones and those for which it is said as whom they are asked.",
        example='["aws-spot-feed"]',
    )
    regions: frozenset[str] = setting(
        frozenset(),
        "Regions (PROVIDER/REGION) about which services may be asked. What lies elsewhere has no live price then. "
        "None named: all in which the contexts are.",
        example='["aws/eu-west-1"]',
    )
    refresh_s: float = setting(
        600.0,
        "Between two questions about spot prices to AWS, or to the public list of Azure. Ten minutes: AWS changes a "
        "pool's price 2.6 times a day, by a tenth of a percent, the others every month or so. The other services have "
        "times of their own (docs/prices.md).",
        minimum=60,
        maximum=6 * 3600,
    )
    life_s: float = setting(
        1800.0,
        "How long what is asked for every `refresh_s` is believed after it was confirmed. Three refreshes, so that one "
        "that fails loses nothing.",
        minimum=120,
        maximum=MAX_LIFE_S,
    )
    timeout_s: float = setting(
        30.0,
        "How long a service may take to answer. Large files may take longer, as long as they come.",
        minimum=1,
        maximum=600,
    )
    https_proxy: str | None = setting(
        None,
        "Proxy through which services are asked; it sees their names and nothing else. HTTPS_PROXY of the environment "
        "is not read.",
        none="they are asked directly",
        pattern=r"https?://[^\s?#/]+/?",
        allowed="an address like http://HOST:3128",
        example='"http://proxy.example:3128"',
        mask=mask_addresses,
    )
    no_proxy: frozenset[str] = setting(
        frozenset(),
        "Hosts, or endings of their names, that are asked directly.",
        example='[".internal.example"]',
    )
    ca_bundle: str | None = setting(
        None,
        "File (PEM) with the authorities whose certificates are believed where prices are asked for. Whoever can write "
        "it says any price; one that others may write is refused.",
        none="those of the system",
        example='"/etc/ssl/certs/company.pem"',
    )
    aws: AwsPriceSettings = section(AwsPriceSettings(), "prices.aws")
    azure: AzurePriceSettings = section(AzurePriceSettings(), "prices.azure")
    gcp: GcpPriceSettings = section(GcpPriceSettings(), "prices.gcp")

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("sources",),
            lambda given: given.sources <= SOURCES.keys(),
            "prices.sources knows only " + ", ".join(SOURCES),
        ),
        Promise(
            (
                *("sources", "aws.profile", "aws.use_environment", "azure.credential", "azure.subscription"),
                *("gcp.project", "gcp.api_key_file"),
            ),
            lambda given: given.sources <= list_askable(given),
            "a service that needs an account can be named in prices.sources only where it is said as whom it is asked "
            "(docs/prices.md)",
        ),
        Promise(
            ("refresh_s", "life_s"),
            lambda given: 2 * given.refresh_s <= given.life_s,
            "prices.life_s must be at least twice prices.refresh_s, or prices expire whenever one answer is late",
        ),
    )


def list_askable(settings: LivePriceSettings) -> frozenset[str]:
    """Return the services for which the settings say as whom they are asked, and those that need no account."""
    aws, azure = settings.aws, settings.azure
    is_known_to_aws = aws.profile is not None or aws.use_environment
    is_known_to_azure = azure.credential is not None
    needs = {
        "aws-spot-history": is_known_to_aws,
        "aws-placement-scores": is_known_to_aws,
        "azure-resource-graph": is_known_to_azure,
        "azure-spot-placement": is_known_to_azure and azure.subscription is not None,
        "gcp-capacity-history": settings.gcp.project is not None,
        "gcp-capacity-advice": settings.gcp.project is not None,
        "gcp-billing-catalog": settings.gcp.api_key_file is not None,
    }
    return frozenset(name for name in SOURCES if needs.get(name, True))
