"""Data files that ship with the program, and the one way to read them."""
