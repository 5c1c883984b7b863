"""Asks services for prices over HTTPS: politely, within bounds, and with a reason for everything that goes wrong."""
