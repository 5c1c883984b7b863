"""What a person allows to be changed: one cluster, in which namespaces, how much of it, and until when. Pure.

A cluster is told by the UID of its namespace kube-system: a context's name may come to mean another one, which nobody
has armed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oracle.foundation.setting import setting


class ArmedBy(StrEnum):
    """By what a context was armed; all but the window arm it until the process ends."""

    WINDOW = "the window"
    COMMAND_LINE = "--arm"
    CONFIGURATION = "the configuration"
    DEMO = "the demo"


@dataclass(frozen=True, slots=True)
class ArmingTerms:
    """What is asked for; the configuration says the declared fields.

    lasts_s: for how long; None: until the process ends.
    """

    by: ArmedBy = ArmedBy.COMMAND_LINE
    cluster_uid: str | None = setting(
        None,
        "The UID of the cluster's namespace kube-system (`kubectl get namespace kube-system -o "
        "jsonpath={.metadata.uid}`): another cluster behind the same context is not armed.",
        none="the cluster that answers first; the configuration has to name one",
        example='"1f0c9a4e-6d5b-4c2f-9a57-0b8f6f2f7a11"',
    )
    namespaces: frozenset[str] | None = setting(
        None, "The only namespaces in which something may be changed.", none="all", example='["shop"]'
    )
    moves_per_day: int | None = setting(
        None,
        "How many moves from or to the cluster may begin within 24 hours.",
        unit="moves",
        none="as many as the budgets allow",
        example="5",
        minimum=0,
        maximum=1000,
    )
    replicas_at_once: int | None = setting(
        None,
        "How many replicas may be on their way from or to the cluster.",
        unit="replicas",
        none="any number",
        example="20",
        minimum=0,
        maximum=1_000_000,
    )
    lasts_s: float | None = None


#: All that answers first, until the process ends.
UNLIMITED = ArmingTerms()


@dataclass(frozen=True, slots=True)
class Arming:
    """One cluster that may be changed, and the terms. `context`: how the person who armed it called it.

    until, until_counted: when it runs out, in Unix seconds and by the clock that counts sleep, whichever comes first: a
    clock that is set back lengthens nothing. None: when the process ends.
    """

    context: str
    cluster_uid: str
    terms: ArmingTerms
    until: float | None = None
    until_counted: float | None = None

    def covers(self, namespace: str | None) -> bool:
        """Whether something may be changed in this namespace; None: outside of any."""
        return self.terms.namespaces is None or namespace in self.terms.namespaces

    def is_over(self, wall: float, counted: float) -> bool:
        """Whether it has run out, by either clock."""
        return (self.until is not None and wall >= self.until) or (
            self.until_counted is not None and counted >= self.until_counted
        )


def make_arming(context: str, cluster_uid: str, terms: ArmingTerms, wall: float, counted: float) -> Arming:
    """Return the arming that begins now."""
    lasts_s = terms.lasts_s
    if lasts_s is None:
        return Arming(context, cluster_uid, terms)
    return Arming(context, cluster_uid, terms, wall + lasts_s, counted + lasts_s)
