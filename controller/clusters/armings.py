"""The one owner of what is armed in this process: asked by the rules before a move, and by each write as it leaves.

A move that has begun keeps the permission under which it began: arming that runs out begins no move and stops none. A
person who disarms stops both, and so does another cluster that answers behind the context.
Belongs to one event loop; everything is answered at once, from memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from controller.clusters.arming import Arming, ArmingTerms, make_arming
from controller.clusters.fleet import WorkloadKey
from controller.reasons import Code
from oracle.foundation.clocks import Clocks
from oracle.foundation.reason import Reason


@dataclass(frozen=True, slots=True)
class EndedArming:
    """A context whose arming has ended by itself, and why."""

    context: str
    reason: Reason


@dataclass(slots=True)
class _Move:
    """A move that has begun. permissions: UID of a cluster -> the arming under which it may be changed."""

    workload: WorkloadKey
    target: str
    permissions: dict[str, Arming] = field(default_factory=dict)

    @property
    def contexts(self) -> tuple[str, str]:
        return self.workload.context, self.target


class Armings:
    """What may be changed. `uid` is always that of the cluster that answers behind a context now, None: not known."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        #: context -> the terms that wait for its cluster to say who it is.
        self._waiting: dict[str, ArmingTerms] = {}
        #: context -> what was armed as it.
        self._armed: dict[str, Arming] = {}
        #: context -> what became of its arming, until a person says anew what holds.
        self._ended: dict[str, Code] = {}
        self._unrecorded: list[EndedArming] = []
        #: id of a migration -> what it may change.
        self._moves: dict[str, _Move] = {}

    def arm(self, context: str, terms: ArmingTerms, uid: str | None) -> None:
        """Allow changes in the cluster that the terms name, or in the one that answers."""
        self._forget(context)
        if (meant := terms.cluster_uid or uid) is None:
            self._waiting[context] = terms
            return
        arming = make_arming(context, meant, terms, self._clocks.wall(), self._clocks.counting())
        self._armed[context] = arming
        for move in self._moves.values():
            if context in move.contexts:
                self._permit(move, arming)
        self._settle(context, uid)

    def disarm(self, context: str, uid: str | None) -> None:
        """Allow no change any more in what was armed as this context, and in the cluster that answers behind it."""
        aliases = [arming.context for arming in self._armed.values() if arming.cluster_uid == uid]
        for name in {context, *aliases}:
            self._forget(name)
        self._revoke(context, uid)

    def find(self, context: str, uid: str | None) -> Arming | None:
        """Return the arming under which something may begin in the cluster behind a context; None: there is none."""
        self._settle(context, uid)
        if uid is None:
            return None
        if (own := self._armed.get(context)) is not None:
            return own
        alias = next((arming.context for arming in self._armed.values() if arming.cluster_uid == uid), None)
        return None if alias is None else self.find(alias, uid)

    def is_meant(self, context: str, uid: str | None, namespace: str) -> bool:
        """Whether a namespace was armed in a context, also where its cluster has not said yet who it is."""
        if (arming := self.find(context, uid)) is not None:
            return arming.covers(namespace)
        own = self._armed.get(context)
        terms = self._waiting.get(context) if own is None else own.terms
        return terms is not None and (terms.namespaces is None or namespace in terms.namespaces)

    def find_for_move(
        self, context: str, uid: str | None, workload: WorkloadKey, target: str
    ) -> Arming | None:
        """Return the arming under which the newest move of a workload to a target may go on; None: it may not."""
        arming = self.find(context, uid)
        if arming is not None and arming.covers(workload.namespace):
            return arming
        moves = [m for m in self._moves.values() if (m.workload, m.target) == (workload, target)]
        permitted = moves[-1].permissions.get(uid) if moves and uid is not None else None
        return permitted or arming

    def begin_move(
        self, migration_id: str, workload: WorkloadKey, target: str, uids: Iterable[str | None]
    ) -> None:
        """Let a move that begins now end under what is armed now in the clusters of its two contexts."""
        move = self._moves[migration_id] = _Move(workload, target)
        for context, uid in zip(move.contexts, uids, strict=True):
            arming = self.find(context, uid)
            if uid is None:  # it is silent: the one that was armed, if it is that one
                arming = self._armed.get(context)
            if arming is not None:
                self._permit(move, arming)

    def judge_write(
        self, context: str, uid: str | None, namespace: str | None, migration_id: str | None
    ) -> Reason | None:
        """Return why a write may not leave for a context; None: it may. migration_id: of its move, if it is of one."""
        armed = self.find(context, uid)
        move = self._moves.get(migration_id or "")
        permitted = move.permissions.get(uid) if move is not None and uid is not None else None
        known = [arming for arming in (armed, permitted) if arming is not None]
        if any(arming.covers(namespace) for arming in known):
            return None
        if known:
            return Code.NAMESPACE_NOT_ARMED.because(namespace=namespace, contexts=(context,))
        return self.name_unarmed(context, uid).because(contexts=(context,))

    def name_unarmed(self, context: str, uid: str | None) -> Code:
        """Return why nothing may begin in a context in which nothing may."""
        self._settle(context, uid)
        if (ended := self._ended.get(context)) is not None:
            return ended
        return Code.ARMED_UNIDENTIFIED if self.is_awaited(context, uid) else Code.NOT_ARMED

    def is_awaited(self, context: str, uid: str | None) -> bool:
        """Whether a context was armed whose cluster has not said yet who it is."""
        return uid is None and (context in self._waiting or context in self._armed)

    def take_ended(self) -> list[EndedArming]:
        """Return what has ended by itself since this was asked last."""
        ended, self._unrecorded = self._unrecorded, []
        return ended

    def _settle(self, context: str, uid: str | None) -> None:
        """Take in what time and the answer of a cluster have changed."""
        if uid is not None and (terms := self._waiting.get(context)) is not None:
            self.arm(context, terms, uid)
        arming = self._armed.get(context)
        if arming is None:
            return
        if uid is not None and uid != arming.cluster_uid:
            self._revoke(context, arming.cluster_uid)
            self._end(context, Code.ARMED_CLUSTER_REPLACED)
        elif arming.is_over(self._clocks.wall(), self._clocks.counting()):
            self._end(context, Code.ARMING_OVER)

    def _forget(self, context: str) -> None:
        """Drop what was said of a context before. Under what has ended, moves that had begun still go to their end."""
        self._waiting.pop(context, None)
        self._ended.pop(context, None)
        self._armed.pop(context, None)

    def _end(self, context: str, code: Code) -> None:
        """Let nothing begin any more under what was armed as a context, and say why."""
        self._forget(context)
        self._ended[context] = code
        self._unrecorded.append(EndedArming(context, code.because(contexts=(context,))))

    def _revoke(self, context: str, uid: str | None) -> None:
        """Take the permission to change what was armed as a context, and the cluster with this UID, from every move."""
        for move in self._moves.values():
            move.permissions = {
                known: arming
                for known, arming in move.permissions.items()
                if arming.context != context and known != uid
            }

    def _permit(self, move: _Move, arming: Arming) -> None:
        if arming.covers(move.workload.namespace):
            move.permissions[arming.cluster_uid] = arming
