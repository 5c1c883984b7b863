"""Our own configuration file, written by somebody else: a sentence with file and line, never a crash."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import pytest

from app.configuration import ConfigurationError
from app.configuration_file import MAX_CONFIGURATION_BYTES, load_configuration


def configure(path: Path) -> None:
    load_configuration(Namespace(config=str(path)))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
@pytest.mark.parametrize("is_folder", [True, False], ids=["folder", "file"])
def test_nobody_else_says_which_programs_may_run(tmp_path: Path, is_folder: bool) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    file = folder / "config.toml"
    file.write_text('allowed_exec_plugins = ["evil"]')
    (folder if is_folder else file).chmod(0o777)
    with pytest.raises(ConfigurationError, match="is not believed: others may write"):
        configure(file)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"seed = " + b"9" * 5000, "out of all bounds"),
        (b"seed = 2026-99-99", "not valid TOML"),
        (b"seed = 1e999", "seed must be a whole number"),
        (b"seed = 1\nseed = 2\n", "line 2"),
        (b"seed = 1\n\xff", "line 2: it is not text in UTF-8"),
        (b"#" * (MAX_CONFIGURATION_BYTES + 1), "is larger than"),
    ],
    ids=["deep", "huge number", "wrong date", "infinite", "twice", "binary", "large"],
)
def test_a_broken_configuration_file_costs_a_sentence_and_not_the_program(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=reason) as caught:
        configure(file)
    assert str(file) in str(caught.value)
