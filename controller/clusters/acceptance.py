"""What a person accepts by name: a move that leaves something behind is refused until somebody has said so. Pure.

A move copies objects and shifts replicas. It brings no traffic from outside along, nobody who calls the workload in its
own cluster, no identity in a cloud, no promise that one copy writes alone and nothing of a node. Who has taken care of
such a thing says so on the Deployment, in one annotation with names from a closed list; it then refuses no more, and
stands on the bill of each of its moves instead. Who says so of one move alone accepts it with the plan that they
confirm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from controller.reasons import Code
from oracle.foundation.reason import Reason, ReasonCode

#: Names of this list, separated by commas.
ACCEPT_ANNOTATION = "sentinelaura.io/accept"


class Acceptance(StrEnum):
    """What may be accepted, as the annotation names it."""

    TRAFFIC = "traffic-steered-elsewhere"
    CALLERS = "callers-steered-elsewhere"
    AUTOSCALER = "autoscaler-frozen"
    IDENTITY = "identity-in-target"
    TWO_AT_ONCE = "two-at-once"
    HOST_ACCESS = "host-access"
    REPLICAS = "replicas-left-alone"
    TEMPLATE = "other-template"


#: What each lets through, all of which refuse a move without it.
ACCEPTABLE: Mapping[Acceptance, tuple[Code, ...]] = {
    Acceptance.TRAFFIC: (Code.EXPOSED_POD, Code.EXPOSED_SERVICE, Code.ROUTED, Code.TRAFFIC_UNKNOWN),
    Acceptance.CALLERS: (Code.CALLED, Code.CALLERS_UNKNOWN),
    Acceptance.AUTOSCALER: (Code.AUTOSCALER_IN_THE_WAY,),
    Acceptance.IDENTITY: (Code.CLOUD_IDENTITY, Code.IDENTITY_UNKNOWN),
    Acceptance.TWO_AT_ONCE: (Code.RECREATE,),
    Acceptance.HOST_ACCESS: (
        *(Code.HOST_PATH, Code.HOST_NETWORK, Code.HOST_PORT, Code.HOST_NAMESPACE, Code.PRIVILEGED),
    ),
    Acceptance.REPLICAS: (Code.REPLICAS_OWNED, Code.REPLICAS_OWNER_UNKNOWN),
    Acceptance.TEMPLATE: (Code.TEMPLATES_DIFFER,),
}

_WARNINGS = {
    Acceptance.TRAFFIC: Code.ACCEPTED_TRAFFIC,
    Acceptance.CALLERS: Code.ACCEPTED_CALLERS,
    Acceptance.AUTOSCALER: Code.ACCEPTED_AUTOSCALER,
    Acceptance.IDENTITY: Code.ACCEPTED_IDENTITY,
    Acceptance.TWO_AT_ONCE: Code.ACCEPTED_TWO_AT_ONCE,
    Acceptance.HOST_ACCESS: Code.ACCEPTED_HOST_ACCESS,
    Acceptance.REPLICAS: Code.ACCEPTED_REPLICAS,
    Acceptance.TEMPLATE: Code.ACCEPTED_TEMPLATE,
}


#: Code that refuses -> what lets it through.
_ACCEPTED_BY: Mapping[ReasonCode, Acceptance] = {
    code: one for one, codes in ACCEPTABLE.items() for code in codes
}


def find_acceptance(reason: Reason) -> Acceptance | None:
    """What a person would have to accept for this reason to refuse no more; None: it is none that anybody can."""
    return _ACCEPTED_BY.get(reason.code)


def parse_acceptances(annotations: Mapping[str, Any]) -> frozenset[Acceptance]:
    """What is accepted; nothing at all where one of the names is none of the list."""
    names = _split(annotations)
    return frozenset(map(Acceptance, names)) if names <= set(Acceptance) else frozenset()


def find_unreadable(annotations: Mapping[str, Any]) -> Reason | None:
    """A name that is none of the list: who misspelt one meant to accept something, and has to know that it is not."""
    unknown = sorted(_split(annotations) - set(Acceptance))
    if not unknown:
        return None
    return Code.ACCEPTANCE_UNREADABLE.because(
        annotation=ACCEPT_ANNOTATION, name=unknown[0], known=tuple(Acceptance)
    )


def _split(annotations: Mapping[str, Any]) -> set[str]:
    parts = str(annotations.get(ACCEPT_ANNOTATION, "")).split(",")
    return {name for part in parts if (name := part.strip())}


def leave_out_accepted(reasons: Iterable[Reason], accepted: frozenset[Acceptance]) -> Iterator[Reason]:
    """Those reasons that still refuse."""
    codes = {code for one in accepted for code in ACCEPTABLE[one]}
    return (reason for reason in reasons if reason.code not in codes)


def tell_accepted(accepted: frozenset[Acceptance]) -> tuple[Reason, ...]:
    """What stands on the bill for it, in the order of the list."""
    return tuple(_WARNINGS[one].because() for one in Acceptance if one in accepted)
