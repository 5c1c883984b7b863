"""Do the labels of nodes say how they are bought? Those that may and are not understood are named. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.diagnostics.checks import Check, warning
from app.diagnostics.doctor_reasons import DoctorCode
from controller.clusters.capacity_labels import is_label
from controller.clusters.fleet import Cluster
from controller.clusters.settings import FleetSettings
from controller.clusters.toml_text import toml_list
from controller.clusters.unread_labels import CountedLabel, find_contradictions, find_unread
from oracle.foundation.reason import MAX_LISTED, Reason, format_count
from oracle.foundation.untrusted_text import clean_text

#: Longest label in a sentence. Arbitrary: the advice has it whole.
_MAX_CHARACTERS = 120


def check_labels(cluster: Cluster, settings: FleetSettings) -> list[Check]:
    """Name labels by which nodes may say how they are bought, where no price comes of it; nothing where all is read."""
    name = f"labels {cluster.context}"
    checks = []
    if unread := find_unread(cluster.nodes, settings.capacity_labels):
        checks.append(warning(name, _describe(DoctorCode.LABELS_UNREAD, unread), _advise(unread, settings)))
    if disagreeing := find_contradictions(cluster.nodes, settings.capacity_labels):
        advice = "take those that are wrong from the nodes, or out of spot_labels and on_demand_labels"
        checks.append(warning(name, _describe(DoctorCode.LABELS_DISAGREE, disagreeing), advice))
    return checks


def _describe(code: DoctorCode, labels: Sequence[CountedLabel]) -> Reason:
    shown = tuple(
        f"{clean_text(one.label, _MAX_CHARACTERS)} ({format_count(one.nodes, 'node')})"
        for one in labels[:MAX_LISTED]
    )
    return code.because(count=len(labels), labels=shown)


def _advise(labels: Sequence[CountedLabel], settings: FleetSettings) -> str:
    """The two lines of which a person chooses: which of them is right is known to nobody else."""
    usable = frozenset(one.label for one in labels[:MAX_LISTED] if is_label(one.label))
    if not usable:
        return "label the nodes as your cloud or provisioner does"
    said = (("spot_labels", settings.spot_labels), ("on_demand_labels", settings.on_demand_labels))
    lines = (f"# {key} = {toml_list(sorted(already | usable))}" for key, already in said)
    advice = (
        "if they say it, declare what they mean under [clusters] in the configuration file, each in one of:"
    )
    return "\n".join([advice, *lines])
