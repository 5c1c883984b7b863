"""The main window: its layout, its sheets, and the flows that a person goes through."""
