"""What a migration may do, decided from facts alone: states, record, journal, bounds, verification. All of it pure."""
