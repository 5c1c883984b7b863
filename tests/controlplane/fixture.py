"""pytest plugin: the fixture `control_planes`, real Kubernetes clusters for tests.

Load it with `pytest_plugins = ["tests.controlplane.fixture"]` in `tests/conftest.py`. It

- marks every test that uses the fixture with `controlplane`, so that `-m "not controlplane"` leaves them out (a test
  that asks for it by `request.getfixturevalue` must bear the mark itself);
- gives these tests more time than others, as the first of them also starts the clusters;
- builds missing programs after collection, where neither a test's time limit nor output capture applies;
- skips these tests with a sentence where the programs cannot be had, or fails them when
  `SENTINELAURA_REQUIRE_CONTROLPLANE=1` says that nothing may be skipped.

`SENTINELAURA_KUBERNETES` chooses other releases than the default, such as "1.37" or, for version skew, "1.36,1.37".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from tests.controlplane.errors import ControlPlaneError, ProgramsMissing
from tests.controlplane.pool import ControlPlanePool
from tests.controlplane.programs import provide_programs
from tests.controlplane.versions import DEFAULT_MINOR, KUBERNETES

FIXTURE_NAME = "control_planes"
MARKER = "controlplane"
REQUIRE_VARIABLE = "SENTINELAURA_REQUIRE_CONTROLPLANE"
VERSIONS_VARIABLE = "SENTINELAURA_KUBERNETES"

TIMEOUT_S = 300
"""For one test, clusters included: two starts of a minute each at the worst, and two waits of another."""

# Why the programs cannot be had, if so: found once after collection, told by every test that needs them.
FAILURE_KEY = pytest.StashKey[ControlPlaneError]()


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", f"{MARKER}: needs real Kubernetes programs (see tests/controlplane)")


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the fixture, directly or through another fixture, and give them time."""
    for item in items:
        if uses_clusters(item):
            item.add_marker(MARKER)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT_S))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what is missing, if any selected test needs it, and show the progress."""
    if session.config.option.collectonly or not any(map(uses_clusters, session.items)):
        return
    failure = prepare_programs(session.config)
    if failure is not None:
        session.config.stash[FAILURE_KEY] = failure


def prepare_programs(config: pytest.Config) -> ControlPlaneError | None:
    """Find or build the programs of all releases that are asked for. Returns why that is impossible, if it is."""
    try:
        for minor in read_minors():
            provide_programs(minor, choose_report(config))
    except ControlPlaneError as failure:
        return failure
    return None


def uses_clusters(item: pytest.Item) -> bool:
    """Tell whether the test asks for clusters: by the fixture, or by the marker if it asks while it runs."""
    by_name = isinstance(item, pytest.Function) and FIXTURE_NAME in item.fixturenames
    return by_name or item.get_closest_marker(MARKER) is not None


def read_minors() -> tuple[str, ...]:
    """Return the Kubernetes releases that the environment asks for."""
    minors = tuple(os.environ.get(VERSIONS_VARIABLE, DEFAULT_MINOR).split(","))
    unknown = ", ".join(set(minors) - set(KUBERNETES))
    if unknown:
        raise pytest.UsageError(f"{VERSIONS_VARIABLE} asks for {unknown}; known are {', '.join(KUBERNETES)}.")
    return minors


def choose_report(config: pytest.Config) -> Callable[[str], None]:
    """Return what writes a line to pytest's own output, past the capture."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter.write_line if reporter is not None else print


def refuse_clusters(failure: ControlPlaneError) -> NoReturn:
    """Skip the test if nobody can be blamed and nobody insists; otherwise fail it."""
    if isinstance(failure, ProgramsMissing) and os.environ.get(REQUIRE_VARIABLE) != "1":
        pytest.skip(str(failure))
    pytest.fail(f"Real Kubernetes clusters are needed here. {failure}", pytrace=False)


@pytest.fixture(scope="session")
def control_planes(request: pytest.FixtureRequest) -> Iterator[ControlPlanePool]:
    """Real clusters on loopback, started when first asked for, ended with the session."""
    failure = request.config.stash.get(FAILURE_KEY, None) or prepare_programs(request.config)
    if failure is not None:
        refuse_clusters(failure)
    with ControlPlanePool(choose_report(request.config), read_minors()) as pool:
        yield pool
