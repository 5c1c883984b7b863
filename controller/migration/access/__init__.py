"""Leases, journal, fresh facts and fenced writes: how a migration touches the two clusters."""
