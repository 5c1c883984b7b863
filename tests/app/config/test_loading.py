"""Which files are believed, and what is said of those that are not."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

import pytest

from app.config.configuration import Configuration
from app.config.configuration_reasons import ConfigurationCode
from app.config.errors import ConfigurationError, FileRefused
from app.config.loading import MAX_FILE_BYTES, load_configuration

posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("SENTINELAURA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    path = tmp_path / "config.toml"
    path.write_text("")
    path.chmod(0o600)
    return path


def load(file: Path, **flags: object) -> Configuration:
    return load_configuration(Namespace(config=str(file), **flags))


def test_missing_default_file_is_fine_and_a_missing_named_one_is_not(file: Path) -> None:
    assert load_configuration(Namespace()).is_demo
    with pytest.raises(FileRefused, match=r"nowhere\.toml does not exist"):
        load(file.with_name("nowhere.toml"))


def test_no_file_at_all_can_be_asked_for(file: Path) -> None:
    assert load(Path(os.devnull)).is_demo


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"seed = 1\nseed = 2\n", "line 2, column 9 is not valid TOML: Cannot overwrite a value"),
        (b"\n\nseed = [", "is not valid TOML"),
        (b"seed = 1\n# caf\xe9\n", "line 2 is not UTF-8 text"),
        (b"a = " + 50_000 * b"[", "is nested too deeply"),
        (b"seed = " + 5000 * b"9", "is not valid TOML"),
        (b"\na" + 50_000 * b".a" + b" = 1", "line 2 is nested too deeply"),
        (b"#" * (MAX_FILE_BYTES + 1), f"is larger than {MAX_FILE_BYTES} bytes"),
        (b"\n[migration]\n\nsoak_s = 1 # too short\n", "line 4: migration.soak_s must be a number from 5 to"),
        (b"[migration]\n'soak_s' = 1\n", "line 2: migration.soak_s must be"),
        (b"migration.soak_s = 1\n", "line 1: migration.soak_s must be"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_file_and_line(file: Path, content: bytes, said: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        load(file)
    assert str(raised.value).startswith(str(file))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_byte_order_mark_is_no_error(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfseed = 3\n")
    assert load(file).seed == 3


def test_directory_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="is not a file"):
        load(tmp_path)


@posix_only
def test_pipe_that_nobody_writes_to_does_not_hang_the_start(file: Path) -> None:
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    with pytest.raises(FileRefused, match="is not a file"):
        load(pipe)


@posix_only
def test_file_that_everybody_may_change_is_refused(file: Path) -> None:
    file.chmod(0o666)
    with pytest.raises(FileRefused, match=f"others may write {file}; run: chmod go-w {file}"):
        load(file)


@posix_only
def test_password_that_others_may_read_is_warned_of(file: Path) -> None:
    file.write_text('redis = "rediss://:hunter2@host"')
    assert load(file).warnings == ()
    file.chmod(0o644)
    [warning] = load(file).warnings
    assert warning == ConfigurationCode.SECRET_READABLE.because(path=str(file))
    file.write_text('redis = "rediss://host"')
    assert load(file).warnings == ()


def test_password_comes_from_a_file_of_its_own(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    secret.chmod(0o600)
    configuration = load(file, redis=["rediss://host"], redis_password_file=[str(secret)])
    assert configuration.oracle.redis_password == "hunter2"
    assert configuration.origins["redis_password_file"] == "--redis-password-file"
    assert configuration.warnings == ()


@posix_only
def test_password_file_is_as_private_as_the_configuration(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2")
    secret.chmod(0o644)
    [warning] = load(file, redis=["rediss://host"], redis_password_file=[str(secret)]).warnings
    assert warning == ConfigurationCode.SECRET_READABLE.because(path=str(secret))
    secret.chmod(0o666)
    with pytest.raises(FileRefused, match="chmod go-w"):
        load(file, redis=["rediss://host"], redis_password_file=[str(secret)])


@pytest.mark.parametrize("content", [b"", b"\n", b"hunter2\nhunter3\n", b"hunter2\x00", b"hunter2\xff"])
def test_file_that_is_no_password_is_refused_without_its_content(file: Path, content: bytes) -> None:
    secret = file.with_name("password")
    secret.write_bytes(content)
    secret.chmod(0o600)
    with pytest.raises(FileRefused) as raised:
        load(file, redis=["rediss://host"], redis_password_file=[str(secret)])
    assert "hunter" not in str(raised.value)
