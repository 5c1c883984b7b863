"""The question before a move of real clusters is left in its middle, for a close or for other clusters."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.model.formatting import format_first
from app.widgets.labels import make_label
from app.widgets.question import Question
from controller.contract.snapshots import MigrationView
from oracle.foundation.untrusted_text import clean_text


@dataclass(frozen=True, slots=True)
class LeavingWords:
    """What a sheet asks, and its answers. after: after what the move can go on in a window."""

    title: str
    stay: str
    leave: str
    after: str


CLOSING = LeavingWords("Close in the middle of a move?", "Keep open", "Close anyway", "the next start")
OPENING = LeavingWords(
    "Watch other clusters in the middle of a move?",
    "Keep watching these",
    "Leave the move",
    "these are opened again",
)


class LeaveSheet(Question):
    """Names what runs and how it goes on; the safe answer has the keyboard."""

    def __init__(self, window: QWidget, behind: QWidget, words: LeavingWords) -> None:
        super().__init__(window, behind, words.title, 500)
        self._moves = self.explain(
            "It stops between two steps, with its journal in both clusters: nothing is lost, and until it goes on "
            f"replicas may run in both. It goes on when both contexts are armed after {words.after}, or without a "
            "window, with the same kubeconfig and prices:"
        )
        self._command = make_label(size_px=12, wrap=True)
        self._command.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(self._command)
        self.no.setText(words.stay)
        self.yes.setText(words.leave)
        self.add_answers()

    def ask(self, migrations: Sequence[MigrationView], names: Mapping[str, str]) -> None:
        """Ask about these moves; `names` are the contexts' names for people."""
        self.show_moves(migrations, names)
        self.open(self.no)

    def show_moves(self, migrations: Sequence[MigrationView], names: Mapping[str, str]) -> None:
        """Show how far the moves are."""
        self._moves.setText(format_first([_describe(move, names) for move in migrations], most=4))
        self._command.setText(build_command(migrations))


def build_command(migrations: Sequence[MigrationView]) -> str:
    """Return the command that takes these moves up without a window."""
    contexts = dict.fromkeys(context for m in migrations for context in (m.workload.context, m.target))
    arms = (f"--arm {shlex.quote(clean_text(context, 120))}" for context in contexts)
    return " ".join(("sentinelaura operator", *arms))


def _describe(migration: MigrationView, names: Mapping[str, str]) -> str:
    workload = clean_text(migration.workload.name, 60)
    source, target = (
        names.get(context) or clean_text(context, 60)
        for context in (migration.workload.context, migration.target)
    )
    return f"{workload}: {source} → {target}, {migration.landed} of {migration.replicas} landed"
