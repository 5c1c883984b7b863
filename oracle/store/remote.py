"""Somebody else's server, by its address: where it is now, who we are to it, and by whom it is vouched for.

Sentinels and the nodes of a cluster are asked only where the server for our keys is: all of them share one slot. With
it we talk as with any other, and ask again when it has gone, or takes our writes no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from redis import exceptions as redis_errors
from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.sentinel import Sentinel
from redis.crc import key_slot
from redis.credentials import CredentialProvider

from oracle.errors import StoreUnavailable, StoreUrlError
from oracle.foundation.key_ring import KeyRing
from oracle.redis_address import RedisAddress, StoreShape, mask_address, parse_address
from oracle.settings import OracleSettings
from oracle.status import StoreKind
from oracle.store.base import QuoteStore, StoreFacts
from oracle.store.clients import PasswordMissing, client_options, close_quietly, explain_error
from oracle.store.commands import KeyWriter
from oracle.store.redis import RedisStore

#: The longest password, bytes.
MAX_PASSWORD_BYTES = 4096


class RemoteHost:
    """Somebody else's server, by its address."""

    def __init__(self, url: str, settings: OracleSettings, ring: KeyRing | None = None) -> None:
        """`ring` signs what is published there. Raises: StoreUrlError for an address that can never work."""
        self._address = parse_address(url)
        self._settings = settings
        self._ring = ring
        self._location = redact_url(url)
        self._url = url if self._address is None else self._address.locate(*self._address.hosts[0])
        self._login = _find_login(url, settings)
        try:
            self._make_client(self._url, 0)
        except (ValueError, TypeError, redis_errors.RedisError) as error:
            raise StoreUrlError(self._location, str(error)) from error

    @property
    def facts(self) -> StoreFacts:
        # Whether a remote server writes to disk is its owner's business; it outlives us, which is what
        # matters here.
        return StoreFacts(StoreKind.REMOTE, self._location, is_durable=True, is_shared=True)

    async def connect(self) -> QuoteStore:
        address = self._address
        if address is None or address.shape is StoreShape.SINGLE:
            return self._open_store(self._url, is_found=False)
        try:
            find = self._ask_sentinels if address.shape is StoreShape.SENTINEL else self._ask_cluster
            host, port = await find(address)
        except (redis_errors.RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(self._location, explain_error(error)) from error
        return self._open_store(address.locate(host, port), is_found=True)

    async def aclose(self) -> None:
        """Nothing to stop: the server is not ours."""

    def _open_store(self, url: str, *, is_found: bool) -> RedisStore:
        make_client = partial(self._make_client, url)
        return RedisStore(make_client, self._location, self._settings, self._ring, is_found=is_found)

    def _make_client(self, url: str, retries: int) -> Redis:
        return Redis.from_url(url, **client_options(retries), **self._login, **self._tls_options(url))

    def _tls_options(self, url: str) -> dict[str, Any]:
        if not url.startswith("rediss:") or self._settings.redis_ca_file is None:
            return {}
        return {"ssl_ca_certs": self._settings.redis_ca_file}

    async def _ask_sentinels(self, address: RedisAddress) -> tuple[str, int]:
        options = (
            cast(dict[str, Any], dict(parse_url(self._url))) | self._login | self._tls_options(self._url)
        )
        options |= {name: value for name, value in client_options(0).items() if name != "parser_class"}
        options |= {"ssl": address.is_tls, "db": 0}
        for name in ("host", "port", "connection_class"):
            options.pop(name, None)
        sentinels = Sentinel(list(address.hosts), sentinel_kwargs=options)  # type: ignore[no-untyped-call]
        try:
            host, port = await sentinels.discover_master(address.primary)
            return host, int(port)
        finally:
            for one in sentinels.sentinels:
                await close_quietly(one)

    async def _ask_cluster(self, address: RedisAddress) -> tuple[str, int]:
        slot = key_slot(KeyWriter(self._settings.key_prefix).name("message").encode())
        failure: Exception = redis_errors.ClusterDownError("no node was asked")
        for host, port in address.hosts:
            client = self._make_client(address.locate(host, port), 0)
            try:
                ranges = await client.execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call]
                return _find_primary(ranges, slot, host)
            except (redis_errors.RedisError, OSError, TimeoutError) as error:
                failure = error
            finally:
                await close_quietly(client)
        raise failure


class PasswordFile(CredentialProvider):
    """Who we are, with a password that is read anew for each connection: rotating it needs no restart."""

    def __init__(self, username: str | None, path: Path) -> None:
        self._username, self._path = username, path

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        try:
            with self._path.open("rb") as file:
                text = file.read(MAX_PASSWORD_BYTES + 1).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PasswordMissing(str(self._path)) from error
        password = text.removesuffix("\n").removesuffix("\r")
        if not password or len(text) > MAX_PASSWORD_BYTES or not password.isprintable():
            raise PasswordMissing(str(self._path))
        return (password,) if self._username is None else (self._username, password)

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        return self.get_credentials()


def _find_login(url: str, settings: OracleSettings) -> dict[str, Any]:
    """Return who we are to the server; the settings let the password come from one place only."""
    try:
        credentials = urlsplit(url).netloc.rpartition("@")[0]
    except ValueError:
        return {}  # no address at all, as the client will say
    user, _, password = map(unquote, credentials.partition(":"))
    if settings.redis_password_file is not None:
        return {"credential_provider": PasswordFile(user or None, Path(settings.redis_password_file))}
    return {"username": user or None, "password": password or settings.redis_password}


def _find_primary(ranges: Iterable[Any], slot: int, asked: str) -> tuple[str, int]:
    """Return host and port of who has a slot, by the answer to CLUSTER SLOTS of the node that was asked.

    Raises: ClusterDownError where nobody has it.
    """
    for first, last, primary, *_ in ranges:
        if first <= slot <= last:
            host, port = primary[:2]
            # A node that does not know its own name means the one by which it was reached.
            return (host or b"").decode("utf-8", "replace") or asked, int(port)
    raise redis_errors.ClusterDownError(f"nobody has slot {slot}")


def redact_url(url: str) -> str:
    """Return the address without user, password and options, fit for logs and windows."""
    address = parse_address(url)
    if address is not None:
        return mask_address(url).replace("***@", "").removesuffix("?***")
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.rpartition("@")[2].partition("?")[0]
    if "@" not in parts.netloc and not parts.hostname:
        return url.partition("?")[0]
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
