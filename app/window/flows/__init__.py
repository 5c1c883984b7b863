"""What a person goes through in several steps, each one coroutine that reads from its beginning to its end."""
