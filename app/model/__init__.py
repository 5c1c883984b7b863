"""What is shown, made from snapshots: numbers, rows, colours and sentences. Pure: no Qt, no clock."""
