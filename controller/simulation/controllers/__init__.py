"""The control loops of one simulated cluster: each reads and writes its object store in virtual time."""
