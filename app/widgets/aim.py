"""What a person aims at: a button that something else has taken the place of meanwhile was not meant by a press."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import Qt

#: How the keyboard comes to a control because a person wants it there.
_WANTED = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.MouseFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
#: How it leaves for a while and comes back to where it was: another window, a menu.
_PASSING = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


class Aim:
    """Where the pointer, or the keyboard, came to, and what stood there then."""

    def __init__(self) -> None:
        self._aimed: tuple[Hashable, Hashable] | None = None

    @property
    def is_taken(self) -> bool:
        """Whether it is known where the pointer or the keyboard is."""
        return self._aimed is not None

    def take(self, place: Hashable, thing: Hashable) -> None:
        """Note where it is now; who stays at a place has aimed at what stood there first."""
        if self._aimed is None or self._aimed[0] != place:
            self._aimed = place, thing

    def drop(self) -> None:
        """Note that it is somewhere else."""
        self._aimed = None

    def is_at(self, place: Hashable, thing: Hashable) -> bool:
        """Return whether this was aimed at."""
        return self._aimed == (place, thing)

    def come(self, reason: Qt.FocusReason, place: Hashable, thing: Hashable) -> None:
        """Note that the keyboard has come; where no person has brought it, nothing is aimed at."""
        if reason in _PASSING:
            return
        self.drop()
        if reason in _WANTED:
            self.take(place, thing)

    def go(self, reason: Qt.FocusReason) -> None:
        """Note that the keyboard has gone."""
        if reason not in _PASSING:
            self.drop()
