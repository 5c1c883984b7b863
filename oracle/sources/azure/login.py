"""How Azure is told who asks: by the credential of azure-identity that the configuration names, and by no other.

The library is imported when a token is first needed. Its own way to the network obeys the proxy and the authorities of
`[prices]`, except for that of the `az` program, which has settings of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from oracle.price_settings import AzureCredential, AzurePriceSettings, LivePriceSettings
from oracle.sources.login import Token, miss_library, refuse_login
from oracle.sources.web.client import CONNECT_TIMEOUT_S
from oracle.sources.web.proxies import is_asked_directly

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

SETTING = "prices.azure.credential"
#: Whom the library asks for a token.
HOST = "login.microsoftonline.com"
#: What a token is for: reading by the Resource Manager.
SCOPE = "https://management.azure.com/.default"


def find_hosts(credential: AzureCredential) -> tuple[str, ...]:
    """Return whom the library asks for a token; the program az and a machine's own identity name no host."""
    by_library = (AzureCredential.ENVIRONMENT, AzureCredential.WORKLOAD_IDENTITY)
    return (HOST,) if credential in by_library else ()


def make_fetch(settings: LivePriceSettings) -> Callable[[], Token]:
    """Return what gets a token by the credential that the settings name."""
    kept: list[TokenCredential] = []

    def fetch() -> Token:
        if not kept:
            kept.append(_make_credential(settings.azure, _choose_ways(settings)))
        return _ask(kept[0])

    return fetch


def _choose_ways(settings: LivePriceSettings) -> dict[str, Any]:
    """Return how the library reaches the network, of which it would ask the environment otherwise."""
    ways: dict[str, Any] = {
        "use_env_settings": False,
        "connection_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": settings.timeout_s,
    }
    if settings.https_proxy is not None and not is_asked_directly(HOST, settings.no_proxy):
        ways["proxies"] = {"https": settings.https_proxy}
    if settings.ca_bundle is not None:
        ways["connection_verify"] = settings.ca_bundle
    return ways


def _make_credential(settings: AzurePriceSettings, ways: Mapping[str, Any]) -> TokenCredential:
    kind, tenant = settings.credential, settings.tenant
    try:
        import azure.identity as library
    except ImportError as error:
        raise miss_library("azure-identity", "azure") from error
    try:
        if kind is AzureCredential.CLI:
            return library.AzureCliCredential(tenant_id=tenant or "")
        if kind is AzureCredential.ENVIRONMENT:
            return library.EnvironmentCredential(authority=HOST, **ways)
        if kind is AzureCredential.WORKLOAD_IDENTITY:
            return library.WorkloadIdentityCredential(tenant_id=tenant, authority=HOST, **ways)
        return library.ManagedIdentityCredential(**ways)
    except ValueError as error:
        raise refuse_login(SETTING, error) from error


def _ask(credential: TokenCredential) -> Token:
    from azure.core.exceptions import AzureError

    try:
        token = credential.get_token(SCOPE)
    except (AzureError, OSError, ValueError) as error:
        raise refuse_login(SETTING, error) from error
    return Token(token.token, float(token.expires_on))
