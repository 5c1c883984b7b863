"""Fixtures for the whole suite. May not import the application: a test of one folder must not load another."""

# Here and not beside the clusters, because pytest takes plugins from the topmost conftest only.
pytest_plugins = ["tests.controlplane.fixture"]
