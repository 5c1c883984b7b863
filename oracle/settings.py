"""What a person may choose about prices and where they are kept. Pure: files and environment are the caller's work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oracle.bounds import MAX_LIFE_S
from oracle.foundation.setting import Promise, setting
from oracle.redis_address import REDIS_ADDRESS, holds_password, mask_address, parse_address


@dataclass(frozen=True, slots=True)
class OracleSettings:
    """One immutable set of choices; the defaults run the demo."""

    redis_url: str | None = setting(
        None,
        "Address of a shared price store. `rediss://` is TLS; `redis://` sends everything, a password as well, "
        "readable over the network. `redis+sentinel://` and `redis+cluster://`, or with `rediss`, name Sentinels or "
        "nodes of a Redis Cluster.",
        none="a store of our own is started",
        pattern=REDIS_ADDRESS,
        allowed="an address like redis://HOST:6379/0 or, with TLS, rediss://HOST:6380/0, "
        "rediss+sentinel://HOST:26379,HOST:26379/PRIMARY or rediss+cluster://HOST:6379,HOST:6379 (special characters "
        "of a password as %XX)",
        example='"rediss://prices.example:6380/0"',
        key="redis",
        flag="--redis URL",
        mask=mask_address,
    )
    redis_password: str | None = setting(
        None,
        "Password of the store at `redis`. It has no flag: a command line is shown to everybody on this machine.",
        none="as the address says",
        example='"..."',
        key="redis_password",
        mask=lambda password: "***",
    )
    redis_password_file: str | None = setting(
        None,
        "File whose only line is the password of the store at `redis`. It is read anew for each connection, so that a "
        "password can be rotated.",
        none="none is read",
        example='"/run/secrets/redis"',
        key="redis_password_file",
        flag="--redis-password-file FILE",
    )
    redis_ca_file: str | None = setting(
        None,
        "File with the certificates of who vouches for the store at `redis` by TLS, as PEM.",
        none="those that this system trusts",
        example='"/etc/ssl/redis-ca.pem"',
        key="redis_ca_file",
        flag="--redis-ca-file FILE",
    )
    data_directory: str | None = setting(
        None,
        "Where our own store keeps its file.",
        none="the user's data directory of this platform",
        example='"/var/lib/sentinelaura"',
    )
    runtime_directory: str | None = setting(
        None,
        "Where the socket of our own store lives; made unreadable for others.",
        none="the user's runtime directory",
        example='"/run/sentinelaura"',
    )
    key_prefix: str = setting(
        "sentinelaura",
        "First part of every key, so that several fleets can share one Redis. In our own store the market of the "
        "instance's own source follows: there, everybody sees the market that they chose.",
        pattern=r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        allowed="up to 64 letters, digits and ._-",
    )
    refresh_s: float = setting(
        4.0,
        "Between two looks at the source. Four for the demo, where market time runs fast and prices should be seen "
        "to move. For live prices a minute is plenty: AWS changes a pool's price 2.6 times a day, by a tenth of a "
        "percent, Google Cloud and Azure every month or so.",
        minimum=0.5,
        maximum=3600,
    )
    quote_life_s: float = setting(
        20.0,
        "From confirmation to deadline, of prices that are simulated or played back; other sources say themselves how "
        "long a price lives. A small multiple of `refresh_s`, long enough for a failover of the feed, "
        "short enough that a dead feed greys the globe while a person watches.",
        minimum=2,
        maximum=MAX_LIFE_S,
    )
    shared_life_s: float = setting(
        7200.0,
        "How long a price from a shared store (`redis`) is believed at most after it was confirmed, whatever its "
        "publisher says. Two hours: a price that is promised until some day counts as confirmed with each full hour.",
        minimum=2,
        maximum=MAX_LIFE_S,
    )
    lease_s: float = setting(
        12.0,
        "How long one instance holds the right to generate. Three refreshes, so that a slow one loses nothing.",
        minimum=1,
        maximum=3 * 3600,
    )
    history_step_s: float = setting(
        60.0, "Least time between two kept history points of one offering.", minimum=1, maximum=86_400
    )
    history_points: int = setting(
        336,
        "How many history points are kept per offering in the store, over 30 days: the last half an hour as they came, "
        "and the farther apart the older they are. With more than some 18,000 offerings each has fewer, so that all "
        "histories together take no more than 200 MiB.",
        unit="points",
        minimum=16,
        maximum=100_000,
    )

    promises: ClassVar[tuple[Promise, ...]] = (
        Promise(
            ("redis_url",),
            lambda given: given.redis_url is None or parse_address(given.redis_url) is not None,
            "redis names one host and a database, Sentinels and a primary, or nodes of a cluster",
        ),
        Promise(
            ("redis_url", "redis_ca_file"),
            lambda given: given.redis_ca_file is None or is_over_tls(given.redis_url),
            "redis_ca_file needs an address that begins with rediss",
        ),
        Promise(
            ("redis_url", "redis_password", "redis_password_file"),
            lambda given: count_passwords(given) <= 1,
            "the password of the store may come from one place only",
        ),
        Promise(
            ("redis_url", "redis_password", "redis_password_file"),
            lambda given: count_passwords(given) == 0 or given.redis_url is not None,
            "a password needs the address of its store, redis",
        ),
        Promise(
            ("refresh_s", "quote_life_s"),
            lambda given: 2 * given.refresh_s <= given.quote_life_s,
            "quote_life_s must be at least twice refresh_s, or prices expire whenever one refresh is late",
        ),
        Promise(
            ("refresh_s", "lease_s"),
            lambda given: 2 * given.refresh_s <= given.lease_s,
            "lease_s must be at least twice refresh_s, or two instances generate prices in turn",
        ),
    )


def is_over_tls(address: str | None) -> bool:
    """Whether an address is one whose server has to show a certificate."""
    parts = None if address is None else parse_address(address)
    return parts is not None and parts.is_tls


def count_passwords(settings: OracleSettings) -> int:
    """Return how many places say a password of the shared store."""
    in_address = settings.redis_url is not None and holds_password(settings.redis_url)
    return in_address + (settings.redis_password is not None) + (settings.redis_password_file is not None)
