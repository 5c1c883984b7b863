"""The engine's process beside the window, and the pipe between them."""
