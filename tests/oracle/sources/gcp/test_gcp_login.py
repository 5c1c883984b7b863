"""Google Cloud is told who asks by the application default credentials, over a way that obeys our authorities."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from oracle.errors import SourceUnavailable
from oracle.price_settings import LivePriceSettings
from oracle.reasons import OracleCode
from oracle.sources.gcp.login import make_fetch
from oracle.sources.login import Token
from tests.oracle.sources.price_servers import price_server, say


@pytest.fixture
def service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the application default credentials those of an account whose tokens are given at an address."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "account.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))

    def point_at(url: str) -> None:
        content = {
            "type": "service_account",
            "project_id": "my-project",
            "private_key_id": "1",
            "private_key": private.decode(),
            "client_email": "prices@my-project.iam.gserviceaccount.com",
            "token_uri": f"{url}/token",
        }
        path.write_text(json.dumps(content))

    return point_at


def fetch_from_server(
    tmp_path: Path, service_account: Callable[[str], None], *, believes: bool = True, **answer: object
) -> Token:
    async def main() -> Token:
        async with price_server(tmp_path) as server:
            service_account(server.url)
            body = json.dumps(answer.get("content", {"access_token": "secret", "expires_in": 3600}))
            server.answers["/token"] = say(
                body, int(str(answer.get("status", 200))), Content_Type="application/json"
            )
            settings = LivePriceSettings(ca_bundle=server.ca_bundle if believes else None)
            return await asyncio.to_thread(make_fetch(settings))

    return asyncio.run(main())


def test_token_is_that_of_the_account_until_its_end(
    tmp_path: Path, service_account: Callable[[str], None]
) -> None:
    token = fetch_from_server(tmp_path, service_account)
    assert token.text == "secret"
    assert token.ends_at is not None


def test_authority_that_nobody_named_is_not_believed(
    tmp_path: Path, service_account: Callable[[str], None]
) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        fetch_from_server(tmp_path, service_account, believes=False)
    assert refused.value.reason.code is OracleCode.LOGIN_FAILED


def test_account_that_is_refused_is_told_with_its_setting(
    tmp_path: Path, service_account: Callable[[str], None]
) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        fetch_from_server(tmp_path, service_account, status=400, content={"error": "invalid_grant"})
    assert refused.value.reason.code is OracleCode.LOGIN_FAILED
    assert refused.value.reason["setting"] == "prices.gcp.project"


def test_credentials_that_cannot_be_read_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(SourceUnavailable) as refused:
        make_fetch(LivePriceSettings())()
    assert refused.value.reason.code is OracleCode.LOGIN_FAILED


def test_library_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(SourceUnavailable) as refused:
        make_fetch(LivePriceSettings())()
    assert refused.value.reason.code is OracleCode.LIBRARY_MISSING
