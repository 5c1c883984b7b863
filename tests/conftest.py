"""Fixtures for the whole suite. May not import the application: a test of one folder must not load another."""

from collections import Counter

from hypothesis import settings

# Here and not beside the clusters, because pytest takes plugins from the topmost conftest only.
pytest_plugins = ["tests.controlplane.fixture"]

# A busy machine must not fail a test: no example of any property is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_terminal_summary(terminalreporter) -> None:
    """Say each reason for skipping once, with the number of its tests: a bare machine has one for two hundred."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", ()))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}")
