"""Everything that a person can do in the window, each declared once: its words, its keys, when, and what it does.

The palette, the keys page, menus, buttons, tool tips and shortcuts are made from here. An action acts on an `Actor`,
which the main window is: nothing here knows the window.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.model.acts import can_be_decided
from app.model.choices import Choice
from app.model.formatting import format_usd
from app.model.names import place_name, price_text, provider_name
from controller.clusters.fleet import Health, WorkloadKey
from controller.contract.dry_run import DryRun
from controller.contract.snapshots import ContextView, EngineSnapshot, MigrationView
from controller.contract.way_back import WayBack
from oracle.foundation.untrusted_text import clean_text

S = TypeVar("S")


class Part(Enum):
    """Where the keys of an action work; the value says so on the keys page."""

    WINDOW = ""
    GLOBE = "on the globe"
    REGIONS = "in the table"
    WORKLOADS = "in the workloads"


class Pilot(Protocol):
    """The globe as actions turn it."""

    def toggle_turning(self) -> None:
        """Turn the globe by itself, or let it rest."""

    def rotate(self, right: float, down: float) -> None:
        """Turn the globe by steps of a key."""

    def zoom(self, steps: float) -> None:
        """Come nearer, or go away with steps below 0."""

    def fly_home(self) -> None:
        """Fly back to the whole globe."""


class Stage(Protocol):
    """Where the globe is."""

    @property
    def has_globe(self) -> bool:
        """Whether there is a globe to be turned, and not a message in its place."""

    @property
    def pilot(self) -> Pilot:
        """What turns it."""


class Actor(Protocol):
    """What actions act on: the main window."""

    @property
    def stage(self) -> Stage:
        """Where the globe is."""

    def dismiss(self) -> None:
        """Take back the newest start that waits; where there is none, stop a flight; else close the card."""

    def undo(self) -> None:
        """Take back the newest start that waits."""

    @property
    def can_undo(self) -> bool:
        """Whether a start waits that can be taken back."""

    def visit(self, context: str) -> None:
        """Select a context and fly there."""

    def migrate(self, dry_run: DryRun) -> None:
        """Show a dry run, and start it where it may start."""

    def request_dry_run(self, workload: WorkloadKey, target: str) -> None:
        """Show the dry run of any move; it starts nothing."""

    def open_migration(self, migration_id: str) -> None:
        """Show the card of a migration."""

    def decide(self, migration_id: str) -> None:
        """Ask what is to become of a move that waits for a person."""

    def look_back(self, way: WayBack) -> None:
        """Show the dry run of the way back of a finished move; it starts nothing."""

    def stop(self) -> None:
        """Forbid every change at once."""

    def request_armed(self, context: str, armed: bool) -> None:
        """Arm a context after a question, or disarm it at once."""

    def open_file(self) -> None:
        """Choose a kubeconfig and watch its clusters."""

    def open_palette(self) -> None:
        """Open the command palette."""

    def open_settings(self) -> None:
        """Open the settings."""

    def open_keys(self) -> None:
        """Open the page of keys."""

    def toggle_side_panel(self) -> None:
        """Show or hide the side panel."""

    def focus_next_part(self) -> None:
        """Give the keyboard to the next part of the window."""

    def close(self) -> bool:
        """Close the window."""


def _always(actor: Actor) -> bool:
    return True


def _has_globe(actor: Actor) -> bool:
    return actor.stage.has_globe


@dataclass(frozen=True, slots=True)
class Action:
    """Something that the window does as a whole.

    text: what it does, as an order; the tool tip of its button, too. label: its word on a button, if it has one.
    keys: in Qt's words. hint: what the palette shows beside it; by default its first key.
    """

    text: str
    does: Callable[[Actor], object]
    keys: tuple[str, ...] = ()
    label: str = ""
    hint: str = ""
    part: Part = Part.WINDOW
    is_enabled: Callable[[Actor], bool] = _always
    is_checkable: bool = False
    is_in_palette: bool = True

    @property
    def tip(self) -> str:
        """The tool tip."""
        return f"{self.text} ({self.keys[0]})" if self.keys else self.text

    @property
    def shortcuts(self) -> list[QKeySequence]:
        """Those of its keys that act wherever the keyboard is."""
        return [QKeySequence(key) for key in self.keys if not _is_bare(key)]

    def has_key(self, event: QKeyEvent) -> bool:
        """Return whether the key that was pressed is one of this action's that act alone."""
        return _matches(self.keys, event)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the window shows when a person chooses. `names`: context -> its name; `now`: wall time, Unix seconds."""

    snapshot: EngineSnapshot
    names: Mapping[str, str]
    now: float


@dataclass(frozen=True, slots=True)
class SubjectAction(Generic[S]):
    """Something that is done with one region, workload, dry run or migration.

    text: for the keys page. describe: the subject -> the words of the choice, and its hint.
    is_grave: it begins to change clusters. Such an action has no key, and no list chooses it beforehand.
    """

    text: str
    describe: Callable[[S, Shown], tuple[str, str]]
    does: Callable[[Actor, S], object]
    keys: tuple[str, ...] = ()
    part: Part = Part.WINDOW
    is_enabled: Callable[[S], bool] = lambda subject: True
    is_grave: bool = False

    def choose(self, actor: Actor, subject: S, shown: Shown) -> Choice:
        """Return the choice of doing this with `subject`."""
        text, hint = self.describe(subject, shown)
        does = partial(self.does, actor, subject)
        return Choice(text, hint, does, self.is_enabled(subject), self.is_grave)

    def has_key(self, event: QKeyEvent) -> bool:
        """Return whether the key that was pressed is one of this action's."""
        return _matches(self.keys, event)


# What the window does as a whole, in the order of the keys page.

_ROTATE = "Turn the globe"
_ZOOM = "Zoom"

TURN = Action(
    "Turn the globe by itself, or let it rest",
    lambda actor: actor.stage.pilot.toggle_turning(),
    ("Space",),
    label="Turn",
    is_enabled=_has_globe,
    is_checkable=True,
)
FLY_HOME = Action(
    "Fly back to the whole globe",
    lambda actor: actor.stage.pilot.fly_home(),
    ("R",),
    part=Part.GLOBE,
    is_enabled=_has_globe,
)
UNDO = Action(
    "Undo: take back the move that is about to start",
    lambda actor: actor.undo(),
    ("Ctrl+Z",),
    is_enabled=lambda actor: actor.can_undo,
)
DISMISS = Action(
    "Take back a start, stop a flight, close what is open",
    lambda actor: actor.dismiss(),
    ("Esc",),
    is_in_palette=False,
)
OPEN_PALETTE = Action(
    "Find a region, a move or an action",
    lambda actor: actor.open_palette(),
    ("Ctrl+K",),
    label="Search",
    is_in_palette=False,
)
OPEN_FILE = Action(
    "Watch your own clusters: open a kubeconfig", lambda actor: actor.open_file(), ("Ctrl+O",), label="Open…"
)
TOGGLE_SIDE_PANEL = Action(
    "Show or hide the side panel",
    lambda actor: actor.toggle_side_panel(),
    ("Ctrl+B",),
    label="Panel",
    is_checkable=True,
)
FOCUS_NEXT_PART = Action(
    "Next part of the window", lambda actor: actor.focus_next_part(), ("F6",), is_in_palette=False
)
OPEN_SETTINGS = Action("Settings", lambda actor: actor.open_settings(), ("Ctrl+,",), label="Settings")
OPEN_KEYS = Action("Keys and mouse", lambda actor: actor.open_keys(), ("?",), label="Keys")
STOP = Action(
    "Stop: forbid every change now; moves under way stand still where they are",
    lambda actor: actor.stop(),
    ("Ctrl+.",),
    label="Stop",
)
CLOSE = Action("Close the window", lambda actor: actor.close(), hint="ends what it started")


def _rotation(key: str, right: float, down: float) -> Action:
    return Action(
        _ROTATE,
        lambda actor: actor.stage.pilot.rotate(right, down),
        (key,),
        part=Part.GLOBE,
        is_enabled=_has_globe,
        is_in_palette=False,
    )


def _zoom(keys: tuple[str, ...], steps: float) -> Action:
    return Action(
        _ZOOM,
        lambda actor: actor.stage.pilot.zoom(steps),
        keys,
        part=Part.GLOBE,
        is_enabled=_has_globe,
        is_in_palette=False,
    )


#: Every action of the window: what is not here has no key and no entry in the palette.
WINDOW_ACTIONS = (
    _rotation("Left", 1.0, 0.0),
    _rotation("Right", -1.0, 0.0),
    _rotation("Up", 0.0, 1.0),
    _rotation("Down", 0.0, -1.0),
    _zoom(("+", "="), 1.0),
    _zoom(("-",), -1.0),
    TURN,
    FLY_HOME,
    UNDO,
    STOP,
    DISMISS,
    OPEN_PALETTE,
    OPEN_FILE,
    TOGGLE_SIDE_PANEL,
    FOCUS_NEXT_PART,
    OPEN_SETTINGS,
    OPEN_KEYS,
    CLOSE,
)
#: The buttons of the header, from left to right.
HEADER_ACTIONS = (OPEN_PALETTE, OPEN_FILE, OPEN_SETTINGS, OPEN_KEYS, TOGGLE_SIDE_PANEL)


# What is done with one subject.


def _describe_visit(view: ContextView, shown: Shown) -> tuple[str, str]:
    parts = (provider_name(view.provider), clean_text(view.context, 60), price_text(view, shown.now))
    return f"Fly to {shown.names.get(view.context, place_name(view))}", "  ".join(parts)


def _describe_move(dry_run: DryRun, shown: Shown) -> tuple[str, str]:
    source, target = (shown.names.get(c, "?") for c in (dry_run.workload.context, dry_run.target))
    text = f"Migrate {clean_text(dry_run.workload.name, 60)}: {source} → {target}"
    return text, f"save {format_usd(dry_run.savings_usd_per_day)}/day"


def _describe_dry_run(move: tuple[WorkloadKey, ContextView], shown: Shown) -> tuple[str, str]:
    view = move[1]
    place = " · ".join(part for part in (place_name(view), provider_name(view.provider)) if part)
    return place, price_text(view, shown.now)


def _describe_migration(migration: MigrationView, shown: Shown) -> tuple[str, str]:
    text = f"Show the migration of {clean_text(migration.workload.name, 60)}"
    return text, f"{migration.landed} of {migration.replicas} landed"


def _describe_decision(migration: MigrationView, shown: Shown) -> tuple[str, str]:
    text = f"Decide about the move of {clean_text(migration.workload.name, 60)}…"
    return text, "adopt, restore or abandon"


def _describe_way_back(way: WayBack, shown: Shown) -> tuple[str, str]:
    source, target = (shown.names.get(c, clean_text(c, 60)) for c in (way.workload.context, way.target))
    return f"Move {clean_text(way.workload.name, 60)} back: {source} → {target}…", "shows what it costs"


def describe_arming(view: ContextView) -> tuple[str, str]:
    """Return what arming or disarming a context is called, and its hint."""
    verb = "Disarm" if view.armed else "Arm"
    hint = "forbid changes" if view.armed else "allow migrations to change it"
    return f"{verb} {clean_text(view.context, 80)}", hint


VISIT: SubjectAction[ContextView] = SubjectAction(
    "Fly there; on a button, press it",
    _describe_visit,
    lambda actor, view: actor.visit(view.context),
    ("Enter", "Return"),
    Part.REGIONS,
)
MIGRATE: SubjectAction[DryRun] = SubjectAction(
    "Migrate",
    _describe_move,
    lambda actor, dry_run: actor.migrate(dry_run),
    is_grave=True,
)
DRY_RUN: SubjectAction[tuple[WorkloadKey, ContextView]] = SubjectAction(
    "Dry run to a region of your choice",
    _describe_dry_run,
    lambda actor, move: actor.request_dry_run(move[0], move[1].context),
    ("D",),
    Part.WORKLOADS,
    is_enabled=lambda move: move[1].health is Health.REACHABLE,
)
OPEN_MIGRATION: SubjectAction[MigrationView] = SubjectAction(
    "Show a migration",
    _describe_migration,
    lambda actor, migration: actor.open_migration(migration.migration_id),
)
DECIDE: SubjectAction[MigrationView] = SubjectAction(
    "Decide about a move that waits",
    _describe_decision,
    lambda actor, migration: actor.decide(migration.migration_id),
    is_enabled=can_be_decided,
)
MOVE_BACK: SubjectAction[WayBack] = SubjectAction(
    "Move a workload back", _describe_way_back, lambda actor, way: actor.look_back(way)
)
SET_ARMED: SubjectAction[ContextView] = SubjectAction(
    "Arm or disarm a context",
    lambda view, shown: describe_arming(view),
    lambda actor, view: actor.request_armed(view.context, not view.armed),
)
#: Those that have keys.
KEYED_SUBJECT_ACTIONS: tuple[SubjectAction[Any], ...] = (VISIT, DRY_RUN)

#: What the mouse does, and the keys that are Qt's own: (by what, what).
GESTURES = (
    ("Drag", _ROTATE),
    ("Wheel", _ZOOM),
    ("Click, double click", "Select a region, fly there"),
    ("Right click in the table", "What can be done with a region"),
    ("Drop a file", "Open it as a kubeconfig"),
    ("Tab", "Next control"),
)


def list_keys() -> list[tuple[str, str]]:
    """Return (what to press, what it does) for the keys page: the mouse first."""
    return [*GESTURES[:-1], *_list_action_keys(), GESTURES[-1]]


def _list_action_keys() -> Iterator[tuple[str, str]]:
    keys: dict[tuple[str, str], list[str]] = {}
    for action in WINDOW_ACTIONS:
        if action.keys:
            keys.setdefault((action.text, action.part.value), []).extend(action.keys)
    for subject_action in KEYED_SUBJECT_ACTIONS:
        keys[subject_action.text, subject_action.part.value] = list(subject_action.keys)
    for (text, where), pressed in keys.items():
        yield " ".join(part for part in (_name_keys(pressed), where) if part), text


#: Keys whose sign says more than their name.
_KEY_SIGNS = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "-": "−"}
#: Second names of a key, which nobody needs to read: the same key without Shift, or its twin on the keypad.
_TWINS = ("=", "Return")


def _name_keys(keys: Iterable[str]) -> str:
    return ", ".join(_KEY_SIGNS.get(key, key) for key in keys if key not in _TWINS)


def _is_bare(key: str) -> bool:
    """Whether a key acts alone, as a letter does: one without Ctrl, and no function key."""
    is_function_key = key[0] == "F" and key[1:].isdigit()
    return not (key.startswith(("Ctrl+", "Alt+", "Meta+")) or is_function_key)


def _matches(keys: Collection[str], event: QKeyEvent) -> bool:
    """Whether one of `keys` was pressed alone; Shift and the keypad make no difference to which one it is."""
    free = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
    if event.modifiers() & ~free:
        return False
    pressed = QKeySequence(event.key())
    return any(QKeySequence(key) == pressed for key in keys if _is_bare(key))
