"""What can stand against keeping a history. None of it stops a migration.

ControllerError
└── HistoryUnusable      the file or its key is left alone: memory only, and a notice says why
    └── HistoryDamaged   the file is no history that can go on: it is set aside, and a new one begun
"""

from __future__ import annotations

from controller.errors import ControllerError


class HistoryUnusable(ControllerError):
    """The history cannot be used as it is; `reason` says what to do."""


class HistoryDamaged(HistoryUnusable):
    """The file is broken, or its signatures do not fit; what it holds may still be looked at by a person."""
