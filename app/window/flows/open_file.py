"""Opening a kubeconfig: choose the file → see what it offers → leave a move or not → another engine watches it.

Until a person presses `Watch`, the file is read and nothing else: no server is contacted and no program runs. Whatever
goes wrong before leaves everything as it was; an engine that cannot start gives way to one of before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.config.errors import ConfigurationError
from app.window.engine_link import EngineLink
from app.window.flows.leave import ask_to_leave
from app.window.flows.running import Inbox, listening, until
from controller.errors import KubeconfigError
from controller.reasons import Code
from oracle.foundation.reason import Reason
from oracle.foundation.untrusted_text import clean_text

if TYPE_CHECKING:  # neither is part of the first frame
    from PySide6.QtWidgets import QFileDialog

    from app.panels.leave_sheet import LeaveSheet
    from app.panels.open_sheet import OpenSheet, Press
    from app.window.kubeconfig_choice import KubeconfigOffer

#: What may be wrong with a file or a choice; each is a sentence for a person.
_REFUSALS = (KubeconfigError, ConfigurationError)


class Fleets(Protocol):
    """Which clusters are watched."""

    async def read(self, path: Path) -> KubeconfigOffer:
        """Read what a file offers. Raises: KubeconfigError, ConfigurationError."""

    async def choose(self, path: Path, contexts: Collection[str]) -> Sequence[str]:
        """Return the options of an engine that watches these contexts. Raises: KubeconfigError, ConfigurationError."""

    async def watch(self, options: Sequence[str]) -> None:
        """Replace the engine by one with these options."""

    @property
    def can_go_back(self) -> bool:
        """Whether anything was watched before."""

    async def go_back(self) -> None:
        """Replace the engine by one that watches what was watched before."""


class OpenPlace(Protocol):
    """Where the window shows the steps."""

    def make_file_dialog(self) -> QFileDialog:
        """Return a new dialog for one file."""

    @property
    def open_sheet(self) -> OpenSheet:
        """What a file offers."""

    @property
    def leave_question(self) -> LeaveSheet:
        """The question before moves under way are left."""

    def show_connecting(self, contexts: Collection[str]) -> None:
        """Forget what was shown: another engine starts, which watches these contexts."""

    def show_not_opened(self, reason: Reason) -> None:
        """Say that a file was not opened, for as long as nobody has read it."""


async def open_file(link: EngineLink, place: OpenPlace, fleets: Fleets, path: Path | None = None) -> None:
    """Go through all steps; without a `path`, a person chooses the file."""
    from app.panels.open_sheet import Press

    press, path = Press.OTHER, path
    while press is Press.OTHER:
        path = path or await _choose_file(link, place)
        if path is None:
            return
        press, contexts = await _choose_contexts(link, place.open_sheet, fleets, path)
        opened, path = path, None
    if press is Press.WATCH and await ask_to_leave(link, place.leave_question) is not False:
        await _watch(link, place, fleets, opened, contexts)


async def _choose_file(link: EngineLink, place: OpenPlace) -> Path | None:
    dialog = place.make_file_dialog()
    dialog.open()
    try:
        with listening(dialog.finished, bool, link.news) as inbox:
            while (is_chosen := await inbox.next()) is None:
                pass  # news change nothing about which file it is
        return Path(dialog.selectedFiles()[0]) if is_chosen else None
    finally:
        dialog.close()
        dialog.deleteLater()


async def _choose_contexts(
    link: EngineLink, sheet: OpenSheet, fleets: Fleets, path: Path
) -> tuple[Press, tuple[str, ...]]:
    """Show what the file offers as soon as it is read, and wait for what a person wants of it."""
    reading = asyncio.ensure_future(fleets.read(path))
    try:
        with sheet.showing(path), listening(sheet.pressed, lambda press: press, link.news) as inbox:
            reading.add_done_callback(lambda done: _note_end(done, inbox))
            is_shown = False
            while (press := await inbox.next()) is None:
                if reading.done() and not is_shown:
                    is_shown = True
                    _show(sheet, path, reading)
    finally:
        reading.cancel()
    return press, sheet.chosen


def _note_end(reading: asyncio.Future[KubeconfigOffer], inbox: Inbox[Press]) -> None:
    """Wake the flow; what went wrong counts as looked at, also where a person has left meanwhile."""
    if not reading.cancelled():
        reading.exception()
    inbox.note_news()


def _show(sheet: OpenSheet, path: Path, reading: asyncio.Future[KubeconfigOffer]) -> None:
    try:
        offer = reading.result()
    except _REFUSALS as error:
        sheet.show_refusal(path, str(error))
    else:
        sheet.show_contexts(path, offer.rows, offer.notes)


async def _watch(
    link: EngineLink, place: OpenPlace, fleets: Fleets, path: Path, contexts: Collection[str]
) -> None:
    try:
        options = await fleets.choose(path, contexts)
    except _REFUSALS as error:
        place.show_not_opened(Code.FILE_NOT_OPENED.because(problem=error.reason))
        return
    was_demo = link.snapshot is not None and link.snapshot.demo
    place.show_connecting(contexts)
    await fleets.watch(options)
    await until(lambda: not link.is_connecting, link.news)
    problem = link.lost
    if problem is not None and fleets.can_go_back:
        place.show_connecting(())
        await fleets.go_back()
        code = Code.FILE_NOT_WATCHED_DEMO if was_demo else Code.FILE_NOT_WATCHED
        place.show_not_opened(code.because(file=clean_text(path.name, 60), problem=problem))
