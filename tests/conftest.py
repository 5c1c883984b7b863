"""Fixtures for the whole suite. May not import the application: a test of one folder must not load another."""

from hypothesis import settings

# Here and not beside the clusters, because pytest takes plugins from the topmost conftest only.
pytest_plugins = ["tests.controlplane.fixture"]

# A busy machine must not fail a test: no example of any property is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
