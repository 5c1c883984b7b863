"""`sentinelaura keys`: makes, shows, takes over and rotates the key ring. No key is ever printed."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from app.commands.output import write_output
from app.composition import find_key_ring
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from oracle.errors import KeyRingError
from oracle.foundation.key_ring import KeyRing
from oracle.key_ring_file import (
    MAX_RING_BYTES,
    decode_ring,
    load_ring,
    make_ring,
    replace_ring,
    rotate_ring,
    save_new_ring,
)
from oracle.reasons import OracleCode

#: Says that a ring comes on standard input.
STANDARD_INPUT = "-"


async def run_keys(arguments: Namespace, configuration: Configuration) -> int:
    """Do what the action says, and print the names of the ring's keys. Raises: KeyRingError."""
    path = find_key_ring(configuration)
    match arguments.action:
        case "new":
            save_new_ring(path, make_ring())
        case "rotate":
            replace_ring(path, rotate_ring(load_ring(path)))
        case "import":
            _take_over(path, arguments.file, may_replace=arguments.replace)
    ring = load_ring(path)
    write_output(_to_json(path, ring) if arguments.json else _to_text(path, ring))
    return ExitCode.OK


def _take_over(path: Path, name: str, *, may_replace: bool) -> None:
    """Put another installation's ring in the place of ours; a person insists where the two have no key in common."""
    ring = _read(name)
    if not may_replace and _exists(path) and not load_ring(path).is_related(ring):
        raise KeyRingError(OracleCode.KEY_RING_UNRELATED.because(path=str(path)))
    replace_ring(path, ring)


def _exists(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _read(name: str) -> KeyRing:
    if name == STANDARD_INPUT:
        return decode_ring(sys.stdin.buffer.read(MAX_RING_BYTES + 1), "standard input")
    return load_ring(Path(name))


def _list_roles(ring: KeyRing) -> list[tuple[str, str]]:
    """Return the name of each key and what it is for."""
    return [(key.id, "accepted" if number else "signs") for number, key in enumerate(ring.keys)]


def _to_text(path: Path, ring: KeyRing) -> str:
    return "\n".join((str(path), *(f"{name}  {role}" for name, role in _list_roles(ring))))


def _to_json(path: Path, ring: KeyRing) -> str:
    keys = [{"id": name, "role": role} for name, role in _list_roles(ring)]
    return json.dumps({"path": str(path), "keys": keys}, indent=2)
