"""A window is only opened where it can be seen: Qt would abort."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.display import DisplayError, require_display


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No display of any kind."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@contextmanager
def compositor(path: Path) -> Iterator[None]:
    """Somebody who accepts connections, as a Wayland compositor does."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield


def refusal() -> str:
    """Say why no window can be opened."""
    with pytest.raises(DisplayError) as raised:
        require_display()
    assert "sentinelaura plan" in str(raised.value)
    return str(raised.value.reason)


def test_nothing_set_is_no_display() -> None:
    assert refusal() == "no X display is set (DISPLAY is empty)"


def test_wayland_display_that_answers_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    with compositor(tmp_path / "wayland-7"):
        require_display()


def test_wayland_display_may_be_a_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere")
    monkeypatch.setenv("WAYLAND_DISPLAY", str(tmp_path / "socket"))
    with compositor(tmp_path / "socket"):
        require_display()


def test_wayland_display_that_nobody_serves_falls_through_to_x(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "nonexistent")
    reason = refusal()
    assert "the Wayland display nonexistent does not answer" in reason
    assert "DISPLAY is empty" in reason


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        ("wayland", "the Wayland display wayland-0 does not answer"),
        ("wayland-egl", "the Wayland display wayland-0 does not answer"),
        ("xcb:option", "DISPLAY is empty"),
        ("eglfs", "names 'eglfs', which cannot show this window"),
        ("nonsense", "names 'nonsense', which cannot show this window"),
    ],
)
def test_platform_that_cannot_show_the_window_is_refused(
    monkeypatch: pytest.MonkeyPatch, platform: str, said: str
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert said in refusal()


@pytest.mark.parametrize("platform", ["offscreen", "vnc:port=5901", "wayland;offscreen", "Offscreen"])
def test_platform_that_needs_no_display_is_taken(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    require_display()
