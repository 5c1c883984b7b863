"""How large a workload is, and how that is known, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.model.formatting import format_gb, format_moment
from controller.clusters.fleet import Resources
from controller.clusters.known_by import KnownBy, SizeKnownBy
from controller.contract.dry_run import DryRun

_STATE: Mapping[KnownBy, str] = {
    KnownBy.ANNOTATION: "as its annotation says",
    KnownBy.POD_SPEC: "as its pod spec shows: it has no volume that keeps any",
    KnownBy.SETTING: "as assumed_state_gb says for all that declare none",
}


def state_text(gb: Decimal | float | None, known_by: KnownBy | None) -> str:
    """Return how much state travels and who says so, as a sentence; empty where nobody does."""
    return "" if known_by is None else f"State: {format_gb(gb)}, {_STATE[known_by]}."


_SIZE: Mapping[KnownBy, str] = {
    KnownBy.POD_SPEC: "as its pod spec asks",
    KnownBy.RUNNING_PODS: "as its pods ask by the defaults of their namespace",
    KnownBy.USAGE: "the most that one was measured to use",
    KnownBy.SETTING: "as the configuration assumes",
}


def size_text(pod: Resources | None, known_by: SizeKnownBy | None, now: float) -> str:
    """Return what one pod takes and who says so, as a sentence; empty where nobody does, and where its spec does."""
    if pod is None or known_by is None or known_by == SizeKnownBy(KnownBy.POD_SPEC, KnownBy.POD_SPEC):
        return ""
    cpu, memory = f"{pod.cpu_cores:g} cores", f"{pod.memory_gib:.4g} GiB"
    at = "" if known_by.measured_at is None else f", measured {format_moment(known_by.measured_at, now)}"
    by_cpu, by_memory = (
        _SIZE[one] + (at if one is KnownBy.USAGE else "") for one in (known_by.cpu, known_by.memory)
    )
    if known_by.cpu is known_by.memory:
        return f"A pod takes {cpu} and {memory}, {by_cpu}."
    return f"A pod takes {cpu}, {by_cpu}, and {memory}, {by_memory}."


def sizes_texts(dry_run: DryRun) -> tuple[str, ...]:
    """Return how large a workload is and how that is known, sentence by sentence; what is not known is left out."""
    texts = (
        state_text(dry_run.egress_gb, dry_run.state_known_by),
        size_text(dry_run.pod, dry_run.pod_known_by, dry_run.computed_at),
    )
    return tuple(filter(None, texts))
