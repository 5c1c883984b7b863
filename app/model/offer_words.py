"""What a button that starts a move says: the workload, where it goes, and the money. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.model.formatting import format_usd
from controller.contract.dry_run import DryRun
from oracle.foundation.untrusted_text import clean_text

#: Longer names of workloads are cut: the button stands in a table or on the globe, and the card has the whole name.
NAME_LENGTH = 24


@dataclass(frozen=True, slots=True)
class OfferWords:
    """The words for one move. `saving` is what it saves a day."""

    workload: str
    target: str
    saving: str

    @property
    def text(self) -> str:
        """All of it on one line."""
        return f"{self.workload} → {self.target}, save {self.saving}"


def name_offer(dry_run: DryRun, names: Mapping[str, str]) -> OfferWords:
    """Return the words for a move; `names`: context -> its distinct name."""
    target = names.get(dry_run.target) or clean_text(dry_run.target, 40)
    saving = f"{format_usd(dry_run.savings_usd_per_day)}/day"
    return OfferWords(clean_text(dry_run.workload.name, NAME_LENGTH), target, saving)
