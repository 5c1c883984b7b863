"""Fixtures for the whole suite. May not import the application: a test of one folder must not load another."""

import asyncio
import gc
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# Here and not beside the clusters, because pytest takes plugins from the topmost conftest only.
pytest_plugins = ["tests.controlplane.fixture"]

# A busy machine must not fail a test: no example of any property is timed. And mutmut runs them several times in one
# process, which gives each time another object to a method.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.differing_executors])
settings.load_profile("untimed")


#: Collections of the younger generations between two of everything: a full one takes as long as thirty tests.
FULL_COLLECTION_EVERY = 100


def pytest_configure() -> None:
    """Collect garbage on the main thread only, as app/window/garbage.py does: tests leave widgets behind."""
    gc.disable()


def pytest_runtest_teardown() -> None:
    """Collect what the test left."""
    gc.collect(2 if gc.get_count()[2] > FULL_COLLECTION_EVERY else 1)


def pytest_terminal_summary(terminalreporter) -> None:
    """Say each reason for skipping once, with the number of its tests: a bare machine has one for two hundred."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", ()))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}")


@pytest.fixture(scope="session")
def interface_loop(qapp):
    """The loop of the interface's coroutines. Qt's own turns run it, so that a test decides when they go on."""
    import qasync

    loop = qasync.QEventLoop(qapp, already_running=True)
    asyncio._set_running_loop(None)
    yield loop
    loop.stop()
    loop.close()


@pytest.fixture
def flows_run(interface_loop, qapp):
    """Let the flows of a window run; what the test has left of them ends with it."""
    asyncio._set_running_loop(interface_loop)
    yield
    for task in asyncio.all_tasks(interface_loop):
        task.cancel()
    while asyncio.all_tasks(interface_loop):
        qapp.processEvents()
    asyncio._set_running_loop(None)
