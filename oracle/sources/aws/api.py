"""The API of EC2 through boto3: in a thread, paced, with botocore's errors ended here.

botocore signs, retries what may pass, and reads XML. What it does not do: keep its endpoint and its proxy to what was
configured here and not in the environment.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from oracle.errors import SourceUnavailable
from oracle.foundation.clocks import Clocks
from oracle.foundation.own_thread import in_thread
from oracle.foundation.reason import Reason
from oracle.price_settings import LivePriceSettings
from oracle.reasons import OracleCode
from oracle.sources.aws.credentials import make_session
from oracle.sources.web.client import CONNECT_TIMEOUT_S
from oracle.sources.web.pacing import Pace
from oracle.sources.web.proxies import is_asked_directly
from oracle.sources.web.retrying import DENIED_STATUSES, MAX_ATTEMPTS

#: What AWS calls too many questions.
_THROTTLED = frozenset({"RequestLimitExceeded", "Throttling", "ThrottlingException", "EC2ThrottledException"})
#: What AWS calls credentials that it does not know, or that may not ask this.
_DENIED = frozenset(
    {
        "AuthFailure",
        "UnauthorizedOperation",
        "AccessDenied",
        "AccessDeniedException",
        "InvalidClientTokenId",
        "ExpiredToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "OptInRequired",
    }
)


class Ec2Api:
    """Asks EC2 of any region. Owned by one event loop; several tasks may ask at a time."""

    def __init__(
        self,
        settings: LivePriceSettings,
        clocks: Clocks,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._clocks = clocks
        self._sleep = sleep
        self._paces: dict[str, Pace] = {}
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def find_host(self, region: str) -> str:
        """Return the host that is asked about a region, for people."""
        url = self._find_url(region) or f"https://ec2.{region}.amazonaws.com"
        return url.removeprefix("https://").partition("/")[0]

    async def ask(self, region: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to one operation, named as boto3 does. Raises: SourceUnavailable."""
        pace = self._paces.setdefault(region, Pace())
        if wait_s := pace.reserve(self._clocks.counting()):
            await self._sleep(wait_s)
        return await in_thread(self._ask, region, operation, parameters)

    async def aclose(self) -> None:
        """Close the connections."""
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            client.close()

    def _ask(self, region: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        try:
            import botocore.exceptions as faults
            from botocore.parsers import ResponseParserError
        except ImportError as error:
            missing = OracleCode.LIBRARY_MISSING.because(library="boto3", extra="aws")
            raise SourceUnavailable(missing) from error
        try:
            with self._lock:  # making sessions and clients is not for several threads
                client = self._clients.get(region) or self._clients.setdefault(region, self._make(region))
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except (faults.BotoCoreError, faults.ClientError, ResponseParserError) as error:
            raise SourceUnavailable(self._translate(region, error)) from error
        return answer

    def _make(self, region: str) -> Any:
        from botocore.config import Config

        session = make_session(self._settings.aws, self._settings.ca_bundle)
        if session.get_credentials() is None:
            raise SourceUnavailable(self._lacks_credentials("there are none"))
        proxy = self._settings.https_proxy
        is_direct = proxy is None or is_asked_directly(self.find_host(region), self._settings.no_proxy)
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=self._settings.timeout_s,
            retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
            proxies={} if is_direct else {"https": proxy},
            ignore_configured_endpoint_urls=True,
            user_agent_appid="sentinelaura",
        )
        authorities = self._settings.ca_bundle or ssl.get_default_verify_paths().cafile or True
        return session.client(
            "ec2", region, endpoint_url=self._find_url(region), verify=authorities, config=config
        )

    def _find_url(self, region: str) -> str | None:
        url = self._settings.aws.ec2_url
        return None if url is None else url.replace("REGION", region)

    def _lacks_credentials(self, error: str) -> Reason:
        profile = self._settings.aws.profile
        who = "the environment" if profile is None else f"the profile {profile}"
        return OracleCode.AWS_CREDENTIALS_UNUSABLE.because(who=who, error=error)

    def _translate(self, region: str, error: Exception) -> Reason:
        """Say what went wrong in one table, without what may hold a key."""
        import botocore.exceptions as faults
        from botocore.parsers import ResponseParserError

        host = self.find_host(region)
        if isinstance(error, faults.ClientError):
            return self._translate_answer(host, error)
        if isinstance(error, (faults.ConnectTimeoutError, faults.ReadTimeoutError)):
            return OracleCode.WEB_TIMED_OUT.because(host=host, seconds=self._settings.timeout_s)
        if isinstance(error, faults.ProxyConnectionError):
            return OracleCode.WEB_PROXY_FAILED.because(host=host, error=type(error).__name__)
        if isinstance(error, faults.SSLError):
            return OracleCode.WEB_NOT_BELIEVED.because(host=host, error="its certificate")
        if isinstance(error, faults.HTTPClientError):
            return OracleCode.WEB_UNREACHABLE.because(host=host, error=type(error).__name__)
        if isinstance(error, ResponseParserError):
            return OracleCode.WEB_GARBLED.because(host=host, fault="no XML as EC2 sends it")
        if isinstance(
            error, (faults.ParamValidationError, faults.DataNotFoundError, faults.InvalidRegionError)
        ):
            return OracleCode.AWS_REFUSED.because(host=host, code=type(error).__name__)
        return self._lacks_credentials(type(error).__name__)

    def _translate_answer(self, host: str, error: Any) -> Reason:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _THROTTLED:
            return OracleCode.WEB_THROTTLED.because(host=host, status=status)
        if code in _DENIED or status in DENIED_STATUSES:
            return OracleCode.AWS_DENIED.because(host=host, code=code)
        if status >= 500:
            return OracleCode.WEB_BROKEN.because(host=host, status=status)
        return OracleCode.AWS_REFUSED.because(host=host, code=code)
