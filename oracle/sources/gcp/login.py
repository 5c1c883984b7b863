"""How Google Cloud is told who asks: by the application default credentials, where the configuration says so.

The library is imported when a token is first needed. Its own way to the network obeys the proxy and the authorities of
`[prices]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

from oracle.errors import SourceUnavailable
from oracle.foundation.trusted_file import UntrustedFile, read_secret
from oracle.price_settings import LivePriceSettings
from oracle.reasons import OracleCode
from oracle.sources.login import Token, miss_library, refuse_login
from oracle.sources.web.proxies import is_asked_directly

SETTING = "prices.gcp.project"
KEY_SETTING = "prices.gcp.api_key_file"
#: Whom the library asks for a token, unless the machine itself has an identity.
HOSTS = ("oauth2.googleapis.com",)
#: Letters that a key may have; Google's have 39.
_KEY = re.compile(r"[A-Za-z0-9_-]{8,200}", re.ASCII)
MAX_KEY_FILE_BYTES = 1024
#: What a token is for. The narrower scopes do not reach the advice; what may be read is decided by the role.
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def make_fetch(settings: LivePriceSettings) -> Callable[[], Token]:
    """Return what gets a token by the application default credentials."""
    kept: list[Any] = []

    def fetch() -> Token:
        try:
            import google.auth
            from google.auth.exceptions import GoogleAuthError
            from google.auth.transport.requests import Request
            from requests import Session
        except ImportError as error:
            raise miss_library("google-auth", "gcp") from error
        with Session() as session:
            session.trust_env = False
            if settings.https_proxy is not None and not is_asked_directly(HOSTS[0], settings.no_proxy):
                # A machine's own identity is asked for over plain HTTP, and so without a proxy.
                session.proxies = {"https": settings.https_proxy}
            session.verify = True if settings.ca_bundle is None else settings.ca_bundle
            request = Request(session)
            try:
                if not kept:
                    kept.append(google.auth.default(scopes=(SCOPE,), request=request)[0])
                kept[0].refresh(request)
            except (GoogleAuthError, OSError, ValueError) as error:
                raise refuse_login(SETTING, error) from error
        return _read_token(kept[0])

    return fetch


def _read_token(credentials: Any) -> Token:
    expiry = credentials.expiry  # without a zone, in UTC
    return Token(credentials.token, None if expiry is None else expiry.replace(tzinfo=UTC).timestamp())


def read_api_key(file: str) -> str:
    """Return the API key that is the only line of a file, which nobody else may read. Raises: SourceUnavailable."""
    try:
        key = read_secret(Path(file).expanduser(), MAX_KEY_FILE_BYTES).decode("ascii", "replace").strip()
    except UntrustedFile as error:
        raise refuse_login(KEY_SETTING, error) from error
    if not _KEY.fullmatch(key):
        raise SourceUnavailable(OracleCode.API_KEY_GARBLED.because(setting=KEY_SETTING, path=file))
    return key
