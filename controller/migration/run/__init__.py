"""The loop of a migration: waves, hold, rollback, leadership, and what an earlier process left."""
