"""Our own configuration and price files, written by somebody else: a sentence with file and line, never a crash."""

from __future__ import annotations

import gzip
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from app.configuration import ConfigurationError
from app.configuration_file import MAX_CONFIGURATION_BYTES, load_configuration
from oracle.errors import RecordingError
from oracle.sources import recording, replay
from oracle.sources.replay import load_recording

HEADER = b"observed_at,provider,region,instance_type,capacity_type,usd_per_hour\n"
ROW = b"2026-07-02T00:00:00Z,gcp,us-east1,n2-standard-8,spot,0.10\n"


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


def load(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "prices.csv.gz"
    file.write_bytes(gzip.compress(content, 1))
    load_recording(str(file))


def test_a_packed_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"line 2.*longer than 16384 characters"):
        load(tmp_path, HEADER + b"x" * 20_000_000)


def test_a_row_that_goes_on_over_line_after_line_does_not_fill_the_memory(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"line 102.*quote that was opened"):
        load(tmp_path, HEADER + b'"\n' + b'x","\n' * 100_000)


def test_a_small_packed_file_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "MAX_CHARACTERS", 10_000)
    with pytest.raises(RecordingError, match="unpacks to more than 10000 characters"):
        load(tmp_path, HEADER + ROW * 1000)


def test_a_file_of_unknown_regions_has_an_answer_that_can_be_read(tmp_path: Path) -> None:
    unknown = b"".join(ROW.replace(b"us-east1", b"mars-%d" % number) for number in range(1000))
    file = tmp_path / "prices.csv"
    file.write_bytes(HEADER + unknown + ROW)
    notices = load_recording(str(file)).notices
    assert len(notices) == recording.MAX_NAMED_REGIONS + 1
    assert notices[-1].endswith("980 further regions are not known.")
