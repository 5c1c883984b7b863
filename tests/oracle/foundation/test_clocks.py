"""The clock that counts sleep, on each system."""

from __future__ import annotations

import ctypes
import sys
import time
from types import SimpleNamespace

import pytest

from oracle.foundation.clocks import read_counting_clock


@pytest.mark.skipif(sys.platform != "linux", reason="CLOCK_BOOTTIME is Linux's")
def test_on_linux_it_counts_since_the_boot_sleep_included() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= read_counting_clock() <= time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.mark.parametrize(
    ("platform", "clock"), [("linux", "CLOCK_BOOTTIME"), ("darwin", "CLOCK_MONOTONIC_RAW")]
)
def test_the_kernel_is_asked_for_the_clock_that_goes_on(
    monkeypatch: pytest.MonkeyPatch, platform: str, clock: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(time, clock, clock, raising=False)
    monkeypatch.setattr(time, "clock_gettime", {clock: 4200.5}.__getitem__)
    assert read_counting_clock() == 4200.5


def test_on_windows_milliseconds_since_the_boot_are_read_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counter:
        """After 50 days the count needs more than 32 bits; what is not declared comes back as an int of 32."""

        restype: object = ctypes.c_int

        def __call__(self) -> int:
            milliseconds = 50 * 86_400_000
            return milliseconds if self.restype is ctypes.c_ulonglong else milliseconds % 2**31

    monkeypatch.setattr(sys, "platform", "win32")
    windll = SimpleNamespace(kernel32=SimpleNamespace(GetTickCount64=Counter()))
    monkeypatch.setattr(ctypes, "windll", windll, raising=False)
    assert read_counting_clock() == 50 * 86_400.0
