"""Stands in for the services of the clouds: says what a test has it say, when the test lets it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from oracle.market import Offering
from oracle.signals import Interruption, Obtainability
from oracle.sources.live import LiveAnswer, PriceClaim, Service


@dataclass
class ScriptedService:
    """A LiveSource. `gate`: an answer comes only once it is set; `failure` is raised in its place."""

    name: str = "service"
    provider: str = "aws"
    hosts: tuple[str, ...] = ("prices.example",)
    refresh_s: float = 600.0
    life_s: float = 1800.0
    prices: dict[Offering, PriceClaim] = field(default_factory=dict)
    interruptions: Mapping[Offering, Interruption] = field(default_factory=dict)
    obtainabilities: Mapping[Offering, Obtainability] = field(default_factory=dict)
    failure: Exception | None = None
    gate: asyncio.Event | None = None
    asked: list[frozenset[Offering]] = field(default_factory=list)

    @property
    def service(self) -> Service:
        return Service(self.name, self.provider, self.hosts, self.refresh_s)

    async def ask(self, offerings: frozenset[Offering], now: float) -> LiveAnswer:
        self.asked.append(offerings)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return LiveAnswer(now, self.life_s, dict(self.prices), self.interruptions, self.obtainabilities)


def claim(usd_per_hour: str, since: float | None = None) -> PriceClaim:
    return PriceClaim(Decimal(usd_per_hour), since)
