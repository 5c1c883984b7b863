"""What should move, and moving it."""
