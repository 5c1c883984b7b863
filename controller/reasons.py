"""Every refusal, hold and failure of the controller as a code with its sentence. Pure.

The only place where these sentences are written. A refusal is the plan's or a rule's answer to "may this move
happen?"; how a reason is made, shown and encoded stands in `oracle/reason.py`.
"""

from __future__ import annotations

from oracle.reason import ReasonCode, Severity


class Code(ReasonCode):
    """The controller's reasons, by the part that gives them."""

    SAME_CLUSTER = "same_cluster", Severity.INFO, "source and target are the same cluster"
    NOT_CHEAPER = (
        "not_cheaper",
        Severity.INFO,
        "the target is not cheaper: {target_usd_per_day:usd} a day against {source_usd_per_day:usd} here",
    )
