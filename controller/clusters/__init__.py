"""What the clusters look like now: discovery, watching, one client per context."""
