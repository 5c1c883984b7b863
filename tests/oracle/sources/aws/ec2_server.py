"""EC2 on this machine: speaks its XML, pages, refuses and throttles as a test has it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from aiohttp import web

from oracle.price_settings import AwsPriceSettings, LivePriceSettings
from oracle.sources.aws.api import Ec2Api
from tests.oracle.sources.price_servers import Answer, PriceServer, Waits, price_server

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
#: Form fields of a question -> the answer's XML without its frame, or a whole answer.
Say = Callable[[dict[str, str]], str]


def write_record(
    zone: str = "us-east-1a",
    price: str = "0.0357",
    at: str = "2026-07-25T10:00:00.000Z",
    machine: str = "m5.large",
    product: str = "Linux/UNIX",
    zone_id: str = "use1-az1",
) -> str:
    cells = {
        "instanceType": machine,
        "productDescription": product,
        "spotPrice": price,
        "timestamp": at,
        "availabilityZone": zone,
        "availabilityZoneId": zone_id,
    }
    return "<item>" + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in cells.items()) + "</item>"


def write_history(records: Sequence[str], token: str = "") -> str:
    items = "".join(records)
    return f"<spotPriceHistorySet>{items}</spotPriceHistorySet><nextToken>{token}</nextToken>"


def answer_with(say: Say) -> Answer:
    """Answer each operation of EC2 with what `say` makes of its parameters."""

    async def answer(request: web.Request) -> web.StreamResponse:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        name = f"{fields['Action']}Response"
        body = f'<{name} xmlns="{NAMESPACE}"><requestId>1</requestId>{say(fields)}</{name}>'
        return web.Response(body=body.encode(), content_type="text/xml")

    return answer


def refuse_with(code: str, status: int) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        error = f"<Error><Code>{code}</Code><Message>no\x1b[31m</Message></Error>".replace("\x1b", "?")
        body = f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"
        return web.Response(body=body.encode(), status=status, content_type="text/xml")

    return answer


def name_credentials(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Credentials that open nothing, in the environment; the person's own are out of reach."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDNOBODY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-nobody")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))


@asynccontextmanager
async def ec2_server(
    folder: Path, waits: Waits, aws: AwsPriceSettings | None = None, https_proxy: str | None = None
) -> AsyncIterator[tuple[PriceServer, Ec2Api]]:
    """Serve at /REGION/ and yield an API that leads there."""
    async with price_server(folder) as server:
        settings = replace(aws or AwsPriceSettings(use_environment=True), ec2_url=f"{server.url}/REGION/")
        live = LivePriceSettings(
            ca_bundle=server.ca_bundle, aws=settings, timeout_s=5.0, https_proxy=https_proxy
        )
        api = Ec2Api(live, waits.time.clocks, waits.sleep)
        try:
            yield server, api
        finally:
            await api.aclose()
