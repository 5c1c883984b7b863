"""The question before SentinelAura may change a real cluster: which one, where in it, how much, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.model import colors
from app.model.arming_choices import (
    DURATIONS,
    MOVE_LIMITS,
    REPLICA_LIMITS,
    USUAL_DURATION,
    is_typed,
    parse_namespaces,
)
from app.widgets.labels import breakable, make_label
from app.widgets.question import Question
from app.widgets.sheet import MARGIN_PX
from app.widgets.theme import SMALL_PX
from controller.clusters.arming import ArmedBy, ArmingTerms
from oracle.foundation.reason import format_list
from oracle.foundation.untrusted_text import clean_text

#: The height in which the names stand, in pixels; more of them are scrolled to, so that the answers stay in the window.
NAMES_HEIGHT_PX = 160
WIDTH_PX = 600


class _Cluster(QWidget):
    """One context, who its cluster is, and the line into which its name is typed. `uid`: None: not known yet."""

    def __init__(self, context: str, uid: str | None) -> None:
        super().__init__()
        self.context, self.uid = context, uid
        self.shown = clean_text(context, 200)
        self.name = make_label(breakable(self.shown), bold=True, wrap=True)
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        who = (
            f"cluster {uid}"
            if uid is not None
            else "It has not said yet which cluster it is, so it cannot be armed."
        )
        self.who = make_label(clean_text(who, 100), size_px=SMALL_PX, color=colors.MUTED, wrap=True)
        self.typed = QLineEdit()
        self.typed.setPlaceholderText("Type the name of the context")
        self.typed.setAccessibleName(f"Type {self.shown} to arm it")
        self.typed.setEnabled(uid is not None)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 6)
        layout.setSpacing(2)
        for part in (self.name, self.who, self.typed):
            layout.addWidget(part)

    @property
    def is_confirmed(self) -> bool:
        return self.uid is not None and is_typed(self.typed.text(), self.shown)


class ArmSheet(Question):
    """Names the clusters and what arming allows. Nothing is armed whose context's name was not typed."""

    def __init__(self, window: QWidget, behind: QWidget) -> None:
        super().__init__(window, behind, "Arm contexts?", WIDTH_PX)
        self.clusters: tuple[_Cluster, ...] = ()
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidgetResizable(True)
        self.duration = _make_choice(DURATIONS, "How long it lasts")
        self.namespaces = QLineEdit()
        self.namespaces.setPlaceholderText("all, or their names: shop, billing")
        self.namespaces.setAccessibleName("Namespaces in which something may be changed; empty: all")
        self.moves = _make_choice(MOVE_LIMITS, "How many moves may begin within 24 hours")
        self.replicas = _make_choice(REPLICA_LIMITS, "How many replicas may be on their way at once")
        self.hint = make_label(size_px=SMALL_PX, color=colors.MUTED, wrap=True)
        self.no.setText("Keep watching only")
        self.yes.setProperty("primary", True)
        self._lay_out()
        self.namespaces.textChanged.connect(self._judge)

    def ask(self, contexts: Mapping[str, str | None]) -> None:
        """Ask about these contexts: name -> the UID of its cluster, None where that is not known yet."""
        self.duration.setCurrentText(USUAL_DURATION)
        self.namespaces.clear()
        self.moves.setCurrentIndex(0)
        self.replicas.setCurrentIndex(0)
        self.yes.setText("Arm" if len(contexts) == 1 else f"Arm {len(contexts)} contexts")
        self._show_clusters(contexts)
        self.open(self.clusters[0].typed if self.clusters[0].typed.isEnabled() else self.no)

    def follow(self, contexts: Mapping[str, str | None]) -> None:
        """Show who the clusters are by now. What was typed for another cluster confirms nothing any more."""
        if dict(contexts) != {cluster.context: cluster.uid for cluster in self.clusters}:
            self._show_clusters(contexts)
            self._fit()

    def read_terms(self) -> Mapping[str, ArmingTerms]:
        """Return context -> the terms that a person has confirmed for its cluster."""
        terms = ArmingTerms(
            ArmedBy.WINDOW,
            namespaces=parse_namespaces(self.namespaces.text()),
            moves_per_day=MOVE_LIMITS[self.moves.currentText()],
            replicas_at_once=REPLICA_LIMITS[self.replicas.currentText()],
            lasts_s=DURATIONS[self.duration.currentText()],
        )
        return {cluster.context: replace(terms, cluster_uid=cluster.uid) for cluster in self.clusters}

    def _show_clusters(self, contexts: Mapping[str, str | None]) -> None:
        typed = {
            (cluster.context, cluster.uid): cluster.typed.text()
            for cluster in self.clusters
            if self.isVisible()
        }
        self.clusters = tuple(_Cluster(context, uid) for context, uid in contexts.items())
        names = QWidget()
        layout = QVBoxLayout(names)
        layout.setContentsMargins(0, 0, 0, 0)
        for cluster in self.clusters:
            cluster.typed.setText(typed.get((cluster.context, cluster.uid), ""))
            cluster.typed.textChanged.connect(self._judge)
            layout.addWidget(cluster)
        self._scroll.setWidget(names)
        room_px = self.panel.width() - 2 * MARGIN_PX - self._scroll.verticalScrollBar().sizeHint().width()
        self._scroll.setFixedHeight(min(NAMES_HEIGHT_PX, layout.totalHeightForWidth(room_px)))
        self._order_tabs()
        self._judge()

    def _judge(self) -> None:
        """Let the answer be given once everything it needs is there, and say what is missing."""
        missing = format_list([cluster.shown for cluster in self.clusters if not cluster.is_confirmed])
        hint = f"Type the name of {missing}." if missing else "It ends by itself; Stop ends it at once."
        try:
            parse_namespaces(self.namespaces.text())
        except ValueError as error:
            missing = hint = f"{error}."
        self.hint.setText(clean_text(hint, 200))
        self.yes.setEnabled(not missing)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(6)
        form.setHorizontalSpacing(16)
        form.addRow("For", self.duration)
        form.addRow("Namespaces", self.namespaces)
        limits = QHBoxLayout()
        limits.addWidget(self.moves)
        limits.addWidget(self.replicas)
        form.addRow("At most", limits)
        about = (
            "SentinelAura may then move workloads there: scale and annotate Deployments; create copies of them and "
            "of the ConfigMaps, ServiceAccounts, Services, PodDisruptionBudgets, NetworkPolicies and "
            "HorizontalPodAutoscalers that go with them, and delete these copies in a rollback; freeze "
            "autoscalers where that was accepted; write its Leases, which hold the journal. Arming begins no new "
            "move; one that was left unfinished goes on when both of its contexts are armed. A move under way when "
            "it runs out goes to its end."
        )
        row = QHBoxLayout()
        row.addWidget(self.hint, 1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        self.body.addWidget(self._scroll)
        self.body.addLayout(form)
        self.body.addWidget(make_label(about, wrap=True, color=colors.MUTED))
        self.body.addLayout(row)

    def _order_tabs(self) -> None:
        controls = [
            *(cluster.typed for cluster in self.clusters),
            *(self.duration, self.namespaces, self.moves, self.replicas, self.no, self.yes),
        ]
        for before, after in pairwise(controls):
            QWidget.setTabOrder(before, after)


def _make_choice(words: Iterable[str], name: str) -> QComboBox:
    choice = QComboBox()
    choice.addItems(list(words))
    choice.setAccessibleName(name)
    return choice
