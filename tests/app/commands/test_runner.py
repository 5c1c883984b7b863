"""Every command that the command line knows is performed by something, and by nothing else."""

from __future__ import annotations

import argparse

import pytest

from app.arguments import build_parser
from app.commands.runner import find_command


def list_commands() -> list[str]:
    commands = (one for one in build_parser()._actions if isinstance(one, argparse._SubParsersAction))
    return [name for one in commands for name in one.choices]


@pytest.mark.parametrize("name", list_commands())
def test_each_command_is_performed_by_its_own_file(name: str) -> None:
    assert find_command(name).__module__ == f"app.commands.{name}"


def test_a_command_without_a_line_is_an_error_and_no_check_up() -> None:
    with pytest.raises(LookupError, match="'dcotor'"):
        find_command("dcotor")
