"""Our own configuration file, written by somebody else: a sentence with file and line, never a crash."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import pytest

from app.config.errors import ConfigurationError
from app.configuration_file import load_configuration


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
