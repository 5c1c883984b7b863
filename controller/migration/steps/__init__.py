"""What a move takes along or stops on the way, each idempotent and undone by a rollback."""
