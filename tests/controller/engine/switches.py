"""What a fleet of the engine's tests has armed, as `RegionManager` answers it, in memory."""

from __future__ import annotations

from collections.abc import Mapping

from controller.clusters.arming import UNLIMITED, Arming, ArmingTerms
from controller.clusters.armings import EndedArming
from controller.clusters.fleet import WorkloadKey
from controller.reasons import Code
from oracle.foundation.reason import Reason
from tests.controller.decision.worlds import arm


class Switches:
    """Contexts with a switch each. `unarmable`: why none can be armed."""

    def __init__(self, *armed: str) -> None:
        self.armed = set(armed)
        self.is_stopped = False
        #: What was armed and does not say who it is.
        self.awaited: set[str] = set()
        self.unarmable: Reason | None = None
        self.terms: dict[str, ArmingTerms] = {}
        self.ended: list[EndedArming] = []
        #: The moves that have begun: their ids.
        self.begun: list[str] = []

    def is_armed(self, context: str, namespace: str | None = None) -> bool:
        return context in self.armed

    def is_meant(self, context: str, namespace: str) -> bool:
        return context in self.armed | self.awaited

    def set_armed(self, context: str, armed: bool, terms: ArmingTerms = UNLIMITED) -> None:
        (self.armed.add if armed and self.unarmable is None else self.armed.discard)(context)
        self.terms[context] = terms

    def disarm_all(self) -> tuple[str, ...]:
        armed, self.armed = self.armed, set()
        return tuple(sorted(armed))

    def unarmable_reason(self, context: str) -> Reason | None:
        return self.unarmable

    def list_armed(self, workload: WorkloadKey | None = None, target: str = "") -> Mapping[str, Arming]:
        return arm(*self.armed)

    def list_unarmed(self) -> Mapping[str, Code]:
        return {}

    def begin_move(self, migration_id: str, workload: WorkloadKey, target: str) -> None:
        self.begun.append(migration_id)

    def take_ended_armings(self) -> list[EndedArming]:
        ended, self.ended = self.ended, []
        return ended
