"""What a person can set: declared once, read from files, environment and flags, explained."""
