"""A buffer of instances that grows with what is drawn, over one fixed shape."""

from __future__ import annotations

import moderngl
import numpy as np

from gl.arrays import Floats

# Corners of a triangle strip.
QUAD: Floats = np.array(((-1, -1), (1, -1), (-1, 1), (1, 1)), dtype=np.float32)
QUAD.setflags(write=False)


class InstanceBuffer:
    """Rows of float32, one for each instance of a shape. It grows by doubling and never shrinks."""

    def __init__(
        self,
        context: moderngl.Context,
        program: moderngl.Program,
        shape: Floats,
        row_format: str,
        attributes: tuple[str, ...],
    ) -> None:
        """Make it for `shape`, corners of shape (c, 2), read as the attribute `in_corner`."""
        self._shape = context.buffer(shape.tobytes())
        self._rows = context.buffer(reserve=1024, dynamic=True)
        content = [(self._shape, "2f", "in_corner"), (self._rows, row_format, *attributes)]
        self._array = context.vertex_array(program, content)

    def write(self, rows: Floats) -> int:
        """Replace all rows, shape (n, floats of the format), and return n."""
        if rows.nbytes > self._rows.size:
            self._rows.orphan(max(rows.nbytes, 2 * self._rows.size))
        self._rows.write(np.ascontiguousarray(rows, dtype=np.float32))
        return len(rows)

    def render(self, mode: int, count: int) -> None:
        """Draw the first `count` instances."""
        self._array.render(mode, instances=count)

    def release(self) -> None:
        """Free the GPU objects."""
        for item in (self._array, self._rows, self._shape):
            item.release()
