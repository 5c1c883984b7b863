"""What is worth moving: pure functions over a fleet picture and quotes."""
