"""What others have made of a target that serves alone: from then on it is the truth, and not the plan. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewerWork:
    """Their pod template, and the replicas that they ask for: by now the desired count, and the floor."""

    replicas: int
    template_hash: str
