"""Shader files → compiled programs, with errors that name the file and the line.

A program `name` is made of `resources/shaders/name.vert` and `name.frag`. May not know what is drawn with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import moderngl
import numpy as np
from numpy.typing import ArrayLike

from gl.errors import ShaderError
from resources.loader import load_text

# Mesa "0:12(5): error", NVIDIA "0(12) : error", Apple and AMD "ERROR: 0:12: ".
_LINE = re.compile(r"\b0(?::(\d+)|\((\d+)\))")


def load_program(context: moderngl.Context, name: str) -> moderngl.Program:
    """Compile and link the program `name`. Raises: ShaderError, ResourceError."""
    vertex, fragment = load_text(f"shaders/{name}.vert"), load_text(f"shaders/{name}.frag")
    try:
        return context.program(vertex_shader=vertex, fragment_shader=fragment)
    except moderngl.Error as error:
        raise _shader_error(name, str(error)) from error


def set_uniforms(program: moderngl.Program, values: Mapping[str, ArrayLike]) -> None:
    """Set uniforms by name.

    Arrays go over as float32 in their memory order, so pyrr's matrices fit as they are.
    """
    for name, value in values.items():
        uniform = program[name]
        if not isinstance(uniform, moderngl.Uniform):
            raise TypeError(f"{name} is no uniform")
        uniform.write(np.asarray(value, dtype=np.float32).tobytes())


def bind_block(program: moderngl.Program, name: str, binding: int) -> None:
    """Let the uniform block `name` read from the buffer that is bound to `binding`."""
    block = program[name]
    if not isinstance(block, moderngl.UniformBlock):
        raise TypeError(f"{name} is no uniform block")
    block.binding = binding


def _shader_error(name: str, log: str) -> ShaderError:
    """Find the file and the line in what moderngl and the driver report."""
    suffix = "frag" if "fragment_shader" in log else "vert"
    found = _LINE.search(log)
    line = int(found.group(1) or found.group(2)) if found else None
    messages = [text.strip() for text in log.splitlines() if "error" in text.lower()]
    return ShaderError(f"resources/shaders/{name}.{suffix}", line, "; ".join(messages) or log.strip())
