"""The program as a shell sees it: help, exit codes and what is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("command", ["oracle", "operator", "plan", "migrate", "doctor", "config"])
def test_every_command_documents_its_exit_codes(command):
    answer = run(command, "--help")
    assert answer.returncode == 0
    assert "exit codes:" in answer.stdout
    assert "--kubeconfig" in answer.stdout


def test_bad_setting_is_bad_input():
    answer = run("plan", "--redis", "localhost")
    assert answer.returncode == 2
    assert "redis must be a redis://" in answer.stderr


def test_missing_configuration_file_is_named():
    answer = run("config", "show", "--config", "nowhere.toml")
    assert answer.returncode == 2
    assert "nowhere.toml does not exist" in answer.stderr


@pytest.mark.parametrize("url", ["redis://me:secret@host:6379/0", "redis://host?password=secret"])
def test_config_show_hides_the_password(url):
    answer = run("config", "show", "--redis", url)
    assert answer.returncode == 0
    assert "secret" not in answer.stdout
    assert "--redis" in answer.stdout


@pytest.mark.parametrize("display", ["", ":4242"])
def test_window_without_display_names_the_headless_commands(display):
    answer = run(DISPLAY=display, WAYLAND_DISPLAY="", QT_QPA_PLATFORM="xcb")
    assert answer.returncode == 1
    assert "sentinelaura plan" in answer.stderr
