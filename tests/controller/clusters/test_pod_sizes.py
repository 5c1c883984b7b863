"""What a pod takes where its template does not say all of it, and who says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.clusters.fleet import PodRequests, Resources
from controller.clusters.known_by import KnownBy, SizeKnownBy
from controller.clusters.pod_sizes import NO_HINTS, USAGE_STEP, Hints, Usage, find_size, round_up

NOTHING = PodRequests(Resources(0.0, 0.0), has_cpu=False, has_memory=False)
#: One container asks for half a core, another for nothing; memory is complete.
PARTLY = PodRequests(Resources(0.5, 2.0), has_cpu=False, has_memory=True)
WHOLE = PodRequests(Resources(0.25, 1.0, (("nvidia.com/gpu", 1.0),)), has_cpu=True, has_memory=True)
SIZED = PodRequests(Resources(1.0, 4.0), has_cpu=True, has_memory=True)
USED = Usage(Resources(0.1, 0.3), 700.0)
ASSUMED = (0.2, 0.5)


def test_a_template_that_says_all_is_believed_whatever_else_is_known() -> None:
    everything = Hints((SIZED,), USED, *ASSUMED)
    known_by = SizeKnownBy(KnownBy.POD_SPEC, KnownBy.POD_SPEC)
    assert find_size(WHOLE, everything) == find_size(WHOLE, NO_HINTS) == (WHOLE.resources, known_by)


def test_where_nobody_says_anything_nothing_is_known() -> None:
    assert find_size(NOTHING, NO_HINTS) is None
    assert find_size(PARTLY, NO_HINTS) is None


def test_what_its_namespace_gave_the_pods_counts_as_the_scheduler_counts_it() -> None:
    larger = PodRequests(Resources(2.0, 3.0), has_cpu=True, has_memory=True)
    assert find_size(NOTHING, Hints((SIZED, larger), USED, *ASSUMED)) == (
        Resources(2.0, 4.0),
        SizeKnownBy(KnownBy.RUNNING_PODS, KnownBy.RUNNING_PODS),
    )


def test_as_long_as_one_pod_says_nothing_its_usage_counts() -> None:
    found = find_size(NOTHING, Hints((SIZED, NOTHING), USED, *ASSUMED))
    assert found is not None
    assert found[1] == SizeKnownBy(KnownBy.USAGE, KnownBy.USAGE, measured_at=700.0)


def test_each_resource_is_known_by_itself() -> None:
    found = find_size(PARTLY, Hints(usage=USED))
    assert found == (Resources(0.5, 2.0), SizeKnownBy(KnownBy.USAGE, KnownBy.POD_SPEC, 700.0))


def test_what_the_configuration_assumes_comes_last_and_is_no_less_than_what_is_asked() -> None:
    found, setting = find_size(NOTHING, Hints((), None, *ASSUMED)), KnownBy.SETTING
    assert found == (Resources(*ASSUMED), SizeKnownBy(setting, setting))
    assert find_size(NOTHING, Hints(assumed_cpu_cores=0.2)) is None, "of memory nothing is assumed"
    found = find_size(PARTLY, Hints(assumed_cpu_cores=0.2))
    assert found == (Resources(0.5, 2.0), SizeKnownBy(setting, KnownBy.POD_SPEC))


@pytest.mark.parametrize("amount", [0.0, -3.0])
def test_what_was_measured_to_use_nothing_takes_a_little(amount: float) -> None:
    assert 0 < round_up(amount) < 0.002


@given(st.floats(0.001, 1e6))
def test_measured_amounts_are_rounded_up_and_not_by_much(amount: float) -> None:
    assert amount * 0.999 <= round_up(amount) <= amount * USAGE_STEP * 1.001
    assert round_up(round_up(amount)) == pytest.approx(round_up(amount), rel=1e-3)
