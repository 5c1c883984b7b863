"""The whole thing without a window, on one asyncio loop."""
