"""What can go wrong with drawing.

Pure.

GraphicsError
├── ContextError    there is no usable OpenGL
└── ShaderError     a shader file does not compile or link
"""

from __future__ import annotations


class GraphicsError(Exception):
    """Root of everything that `gl` raises on purpose."""


class ContextError(GraphicsError):
    """No OpenGL context could be made, or it is too old."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"no usable OpenGL 3.3 ({reason}); install a graphics driver, or Mesa's software driver "
            "(Debian and Ubuntu: libgl1-mesa-dri libegl1)"
        )


class ShaderError(GraphicsError):
    """A shader file was refused by the driver's compiler."""

    def __init__(self, file: str, line: int | None, driver_log: str) -> None:
        self.file = file
        self.line = line
        self.driver_log = driver_log
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: the graphics driver refuses this shader: {driver_log}")
