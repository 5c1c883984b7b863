"""The engine's process beside the window: how it is started, watched and spoken to."""
