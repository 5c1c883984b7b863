"""What a layer is: one kind of thing that is drawn, with the GPU objects it needs.

A layer is made with a context that is current, and is used and released while that context is current; the
scene sees to it. Layers know nothing of each other.
"""

from __future__ import annotations

from typing import Protocol

from gl.frame import Frame
from gl.view import View


class Layer(Protocol):
    """One kind of thing that is drawn. Draws into the framebuffer in use."""

    def draw(self, frame: Frame, view: View) -> None:
        """Draw what `frame` holds of this kind. Blending is off before, and must be off afterwards."""

    def release(self) -> None:
        """Free the GPU objects. The layer can't be used afterwards."""
