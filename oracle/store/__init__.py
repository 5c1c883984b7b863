"""Where quotes are kept and announced: Redis, embedded or remote."""
