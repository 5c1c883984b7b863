"""Shader files: all compile, and a broken one says where."""

from __future__ import annotations

from pathlib import Path

import moderngl
import pytest

import resources
from gl import programs
from gl.errors import ShaderError

SHADERS = Path(resources.__file__).parent / "shaders"
NAMES = sorted(path.stem for path in SHADERS.glob("*.vert"))
GOOD = (SHADERS / "stars.frag").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_program_compiles(context: moderngl.Context, name: str) -> None:
    programs.load_program(context, name).release()


@pytest.mark.parametrize("path", sorted(SHADERS.iterdir()), ids=lambda path: path.name)
def test_shaders_ask_for_nothing_newer_than_3_3(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#version 330 core"
    assert lines[1].startswith("// "), "every shader says what it does"
    assert not any("#extension" in line for line in lines)


def test_a_broken_shader_names_its_file_and_line(
    context: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = GOOD.replace("frag_color = vec4(v_color, 0.0);", "frag_color = vec4(v_colour, 0.0);")
    line = 1 + broken[: broken.index("v_colour")].count("\n")
    monkeypatch.setattr(programs, "load_text", lambda name: broken if name.endswith(".frag") else VERTEX)
    with pytest.raises(ShaderError, match="v_colour") as caught:
        programs.load_program(context, "stars")
    assert caught.value.file == "resources/shaders/stars.frag"
    assert caught.value.line == line


VERTEX = """#version 330 core
out vec3 v_color;
void main() { v_color = vec3(1.0); gl_Position = vec4(0.0); }
"""


@pytest.mark.parametrize(
    ("log", "line"),
    [
        pytest.param("0:12(5): error: `x' undeclared", 12, id="mesa"),
        pytest.param("0(7) : error C1503: undefined variable", 7, id="nvidia"),
        pytest.param("ERROR: 0:31: Use of undeclared identifier 'x'", 31, id="apple"),
        pytest.param("error: linking failed", None, id="no line"),
    ],
)
def test_the_line_is_found_in_every_vendors_log(log: str, line: int | None) -> None:
    error = programs._shader_error("stars", f"GLSL Compiler failed\n\nfragment_shader\n====\n{log}\n")
    assert error.line == line
    assert log in str(error)
