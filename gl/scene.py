"""The scene: owns the layers and draws a frame with them, if there is anything new to draw.

One thread only, with the scene's context current. A scene may not outlive its context.
"""

from __future__ import annotations

import moderngl

from gl.errors import ContextError
from gl.frame import Frame
from gl.layers.arcs import ArcsLayer
from gl.layers.atmosphere import AtmosphereLayer
from gl.layers.base import Layer
from gl.layers.earth import EarthLayer
from gl.layers.markers import MarkersLayer
from gl.layers.stars import StarsLayer
from gl.view import compute_view

REQUIRED_VERSION = 330


class Scene:
    """Everything on the globe, in one context."""

    def __init__(self, context: moderngl.Context, is_flipped: bool = False) -> None:
        """Compile the shaders and upload what never changes.

        Args:
            is_flipped: draw the first row at the top, as images have it; OpenGL's own is at the bottom.
        Raises: ContextError for an OpenGL older than 3.3, ShaderError, ResourceError.
        """
        if context.version_code < REQUIRED_VERSION:
            raise ContextError(f"this one has version {context.version_code / 100:.1f}")
        self._context = context
        self._is_flipped = is_flipped
        context.enable(moderngl.PROGRAM_POINT_SIZE)
        # Back to front: nothing here tests depth, what the globe hides is left out by each layer.
        self._layers: tuple[Layer, ...] = (
            AtmosphereLayer(context),
            StarsLayer(context),
            EarthLayer(context),
            MarkersLayer(context),
            ArcsLayer(context),
        )

    def draw(self, frame: Frame, framebuffer: moderngl.Framebuffer) -> None:
        """Draw `frame` over all of `framebuffer`, whose size is the viewport's in device pixels."""
        framebuffer.use()
        # Qt leaves the viewport and the blend state of its own painting behind.
        framebuffer.viewport = (0, 0, *frame.viewport.device_size)
        self._context.enable_only(moderngl.PROGRAM_POINT_SIZE)
        view = compute_view(frame, self._is_flipped)
        for layer in self._layers:
            layer.draw(frame, view)

    def release(self) -> None:
        """Free all GPU objects. The scene can't be used afterwards."""
        for layer in self._layers:
            layer.release()
