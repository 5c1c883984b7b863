from __future__ import annotations

from pathlib import Path

import pytest

from app.config.window_settings import Settings
from app.config.window_settings_file import load_settings, save_settings


def test_a_first_start_has_the_defaults_and_no_complaint(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == (Settings(), None)


def test_settings_come_back(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "window.json"
    save_settings(path, Settings(region_names=False))
    assert load_settings(path) == (Settings(region_names=False), None)
    assert [file.name for file in path.parent.iterdir()] == ["window.json"]


@pytest.mark.parametrize("content", [b"{", b'{"motion": 3}', b"\xff\xfe"])
def test_a_broken_file_is_passed_over_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "window.json"
    path.write_bytes(content)
    settings, problem = load_settings(path)
    assert settings == Settings()
    assert problem is not None
    assert str(path) in str(problem)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "window.json"
    save_settings(path, Settings(region_names=False))

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        save_settings(path, Settings())
    assert load_settings(path)[0] == Settings(region_names=False)
    assert [file.name for file in tmp_path.iterdir()] == ["window.json"]
