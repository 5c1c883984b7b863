"""The program as a shell sees it: help, exit codes and what is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.arguments import build_parser

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "command",
    [
        *(
            "oracle",
            "operator",
            "plan",
            "migrate",
            "doctor",
            "contexts",
            "egress",
            "ledger",
            "config",
            "keys",
        ),
        *(f"keys {action}" for action in ("new", "show", "rotate", "import")),
        *(f"ledger {action}" for action in ("show", "verify", "export", "at", "savings", "prices")),
    ],
)
def test_every_command_documents_its_exit_codes(command):
    answer = run(*command.split(), "--help")
    assert answer.returncode == 0
    assert "exit codes:" in answer.stdout
    assert "--kubeconfig" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plan", "--redis", "localhost"), "redis must be an address like redis://"),
        (("config", "show", "--config", "nowhere.toml"), "nowhere.toml does not exist"),
        (("config", "explain", "migration.soak"), "did you mean 'migration.soak_s'?"),
        # What the parser does not understand is repeated, but without a password.
        (("doctor", "--redsi=redis://me:secret@host"), "--redsi=redis://***@host"),
    ],
    ids=["bad value", "no such file", "no such setting", "no such flag"],
)
def test_bad_input_is_named_and_exits_with_2(arguments, words):
    answer = run(*arguments)
    assert answer.returncode == 2
    assert words in answer.stderr


URLS = ["rediss://me:secret@host:6379/0", "rediss://host?password=secret"]


@pytest.mark.parametrize("url", URLS)
def test_password_on_the_command_line_is_refused_and_not_repeated(url):
    answer = run("config", "show", "--redis", url)
    assert answer.returncode == 2
    assert "--redis-password-file FILE" in answer.stderr
    assert "secret" not in answer.stdout + answer.stderr


@pytest.mark.parametrize("url", URLS)
def test_config_show_hides_the_password(url):
    for arguments in (("show",), ("show", "--json"), ("explain", "redis")):
        answer = run("config", *arguments, SENTINELAURA_REDIS=url)
        assert answer.returncode == 0
        assert "hunter2" not in answer.stdout + answer.stderr
        assert "SENTINELAURA_REDIS" in answer.stdout


def test_store_without_tls_is_warned_of():
    answer = run("config", "show", "--redis", "redis://prices.example")
    assert answer.returncode == 0
    assert "without TLS" in answer.stderr


def shown(answer):
    """Name -> value and origin, as `config show` prints them."""
    return {name: tuple(rest) for name, *rest in (line.split() for line in answer.stdout.splitlines())}


def test_environment_may_name_the_configuration_file_and_the_flag_beats_it(tmp_path):
    named, flagged = tmp_path / "named.toml", tmp_path / "flagged.toml"
    named.write_text("seed = 11")
    flagged.write_text("seed = 12")
    answer = run("config", "show", SENTINELAURA_CONFIG=str(named))
    assert shown(answer)["seed"] == ("11", f"{named},", "line", "1")
    answer = run("config", "show", "--config", str(flagged), SENTINELAURA_CONFIG=str(named))
    assert shown(answer)["seed"] == ("12", f"{flagged},", "line", "1")


def test_settings_load_nothing_heavy():
    """The window's first frame waits for them; a TOML parser is loaded where there is a file."""
    script = (
        "import sys; from app.arguments import build_parser; from app.config.loading import load_configuration;"
        "load_configuration(build_parser().parse_args([]));"
        "print({'PySide6', 'redis', 'kubernetes', 'numpy', 'asyncio', 'tomllib', 'difflib'} & set(sys.modules))"
    )
    # A variable that names no setting is told with the nearest name, which loads what finds it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SENTINELAURA_")}
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert answer.stdout == "set()\n"


def test_qt_reads_no_source_of_what_can_be_imported_before_it():
    script = (
        "import linecache, sys; import app.__main__ as main; import app.display; import app.config.loading;"
        "app.display.require_display = lambda: None;"
        "sys.modules['app.desktop'] = type(sys)('app.desktop');"
        "sys.modules['app.desktop'].run_desktop = lambda *_: 0;"
        "main._open_window([], ()); import PySide6.QtCore, numpy, pyrr, asyncio, app.model.moves;"
        "read = [name for name in linecache.cache if not name.endswith('__init__.py')];"
        "print([name for name in read if 'numpy' in name or 'pyrr' in name or '/asyncio' in name])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert answer.stdout == "[]\n", answer.stderr


@pytest.mark.parametrize("port", ["abc", "-1", "65536", "80.5"])
def test_what_is_no_port_is_told_in_words(port):
    answer = run("oracle", f"--port={port}")
    assert answer.returncode == 2
    assert f"{port!r} is not a port; ports are 0 (any free one) to 65535" in answer.stderr


def run_into(output):
    """Run a command whose output goes to an open file; returns its exit code and its standard error."""
    command = [sys.executable, "-m", "app", "config", "show"]
    # Unbuffered, nothing would be left to be written at the end.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.PIPE, text=True, timeout=60
    )
    return answer.returncode, answer.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_output_to_a_full_disk_ends_with_a_sentence():
    with open("/dev/full", "wb") as full:
        code, said = run_into(full)
    assert code == 1
    assert said == "sentinelaura: standard output cannot be written: No space left on device\n"


def test_output_that_nobody_reads_ends_without_a_word():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert run_into(writer) == (1, "")
    finally:
        os.close(writer)


@pytest.mark.parametrize(
    "environment",
    [
        {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": "xcb"},
        {"DISPLAY": ":4242", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": "xcb"},
        {"DISPLAY": "", "WAYLAND_DISPLAY": "nonexistent", "QT_QPA_PLATFORM": ""},
        {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": "eglfs"},
    ],
    ids=["nothing", "X", "Wayland", "no platform for windows"],
)
def test_window_without_display_names_the_headless_commands(environment):
    answer = run(**environment)
    assert answer.returncode == 1
    assert answer.stderr.startswith("sentinelaura: the window needs a display: ")
    assert "sentinelaura plan" in answer.stderr


def test_what_only_the_window_starts_is_offered_to_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["enigne"])
    told = capsys.readouterr().err
    assert "invalid choice: 'enigne'" in told
    assert "'keys'" in told
    assert "'engine'" not in told
    assert build_parser().parse_args(["engine"]).command == "engine"
