"""What happened: typed events in SQLite under a keyed chain, what follows from them, and prices over time."""
