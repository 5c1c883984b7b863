"""`sentinelaura keys`: what a person does with a key ring, and that no key is ever shown."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.arguments import build_parser
from app.commands.keys import run_keys
from app.composition import find_key_ring, open_key_ring
from app.config.configuration import Configuration
from app.exit_codes import ExitCode
from oracle.errors import KeyRingError
from oracle.foundation.key_ring import format_ring
from oracle.key_ring_file import load_ring, make_ring, rotate_ring, save_new_ring
from oracle.reasons import OracleCode

Keys = Callable[..., str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "key-ring"


@pytest.fixture
def keys(path: Path, capsys: pytest.CaptureFixture[str]) -> Keys:
    """Run the command line and return all that it prints, in which no key of the ring stands."""

    def run(*arguments: str) -> str:
        namespace = build_parser().parse_args(["keys", *arguments])
        assert asyncio.run(run_keys(namespace, Configuration(key_ring=str(path)))) == ExitCode.OK
        said = capsys.readouterr()
        for key in load_ring(path).keys:
            assert key.secret.hex() not in said.out + said.err
        return said.out

    return run


def refuse(keys: Keys, code: OracleCode, *arguments: str) -> None:
    with pytest.raises(KeyRingError) as refused:
        keys(*arguments)
    assert refused.value.reason.code is code


def roles(out: str) -> list[tuple[str, str]]:
    return [(key["id"], key["role"]) for key in json.loads(out)["keys"]]


def test_new_makes_a_ring_once_and_show_tells_its_name(keys: Keys, path: Path) -> None:
    refuse(keys, OracleCode.KEY_RING_MISSING, "show")
    keys("new")
    (key,) = load_ring(path).keys
    assert keys("show").splitlines() == [str(path), f"{key.id}  signs"]
    assert json.loads(keys("show", "--json")) == {
        "path": str(path),
        "keys": [{"id": key.id, "role": "signs"}],
    }
    refuse(keys, OracleCode.KEY_RING_EXISTS, "new")
    assert load_ring(path).keys == (key,)


def test_rotate_lets_a_new_key_sign_and_accepts_the_one_before(keys: Keys) -> None:
    refuse(keys, OracleCode.KEY_RING_MISSING, "rotate")
    ((first, _),) = roles(keys("new", "--json"))
    (second, signs), before = roles(keys("rotate", "--json"))
    assert (signs, before) == ("signs", (first, "accepted"))
    (third, _), before = roles(keys("rotate", "--json"))
    assert before == (second, "accepted")
    assert len({first, second, third}) == 3


def test_import_takes_over_a_later_state_of_the_ring(keys: Keys, path: Path, tmp_path: Path) -> None:
    ring = make_ring()
    save_new_ring(tmp_path / "theirs", ring)
    keys("import", str(tmp_path / "theirs"))
    assert load_ring(path) == ring
    rotated = rotate_ring(ring)
    save_new_ring(tmp_path / "later", rotated)
    keys("import", str(tmp_path / "later"))
    assert load_ring(path) == rotated


def test_import_takes_no_foreign_ring_unless_a_person_insists(
    keys: Keys, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys("new")
    ours, theirs = load_ring(path), make_ring()
    save_new_ring(tmp_path / "theirs", theirs)
    refuse(keys, OracleCode.KEY_RING_UNRELATED, "import", str(tmp_path / "theirs"))
    assert load_ring(path) == ours
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(format_ring(theirs).encode())))
    keys("import", "-", "--replace")
    assert load_ring(path) == theirs


def test_a_ring_stands_in_the_data_directory_unless_a_person_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    usual = find_key_ring(Configuration())
    assert usual.name == "key-ring"
    assert open_key_ring(Configuration()) is None, "nobody asks for one"
    with pytest.raises(KeyRingError):
        open_key_ring(Configuration(key_ring=str(tmp_path / "mounted")))
    ring = make_ring()
    save_new_ring(usual, ring)
    assert open_key_ring(Configuration()) == ring
