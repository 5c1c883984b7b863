"""What was read of a kind holds for a while, and is unknown afterwards."""

from __future__ import annotations

import pytest

from controller.clusters.fleet import WatchedKind
from controller.clusters.freshness import Freshness, compute_lives, compute_silence_s
from controller.clusters.scopes import Scope, find_heartbeat, list_scopes
from controller.clusters.settings import ContextOverride, FleetSettings
from oracle.foundation.instant import Instant

SETTINGS = FleetSettings()
SCOPES = tuple(map(Scope, WatchedKind))
HEARTBEAT = find_heartbeat(SCOPES, declares_nodes=False)
LIVES = compute_lives(SCOPES, SETTINGS, HEARTBEAT)
READ = Instant(1000.0, 50.0)


def after(wall_s: float, counting_s: float) -> Instant:
    return Instant(READ.wall + wall_s, READ.counting + counting_s)


def make_freshness(*kinds: WatchedKind) -> Freshness:
    freshness = Freshness(LIVES)
    for kind in kinds:
        freshness.note(Scope(kind), READ)
    return freshness


@pytest.mark.parametrize("kind", WatchedKind)
def test_each_kind_has_a_life_that_a_quiet_watch_does_not_reach(kind: WatchedKind) -> None:
    """One watch may just have been missed, and reading anew takes a moment."""
    silence_s = compute_silence_s(Scope(kind), SETTINGS, HEARTBEAT)
    assert 2 * silence_s < LIVES[Scope(kind)] <= 150.0


@pytest.mark.parametrize("kind", WatchedKind)
def test_each_kind_is_outdated_by_itself_after_its_life(kind: WatchedKind) -> None:
    freshness, life_s = make_freshness(*WatchedKind), LIVES[Scope(kind)]
    assert kind not in freshness.find_outdated(after(life_s, life_s))
    assert kind in freshness.find_outdated(after(life_s + 1, life_s + 1))
    freshness.note(Scope(kind), after(life_s, life_s))
    assert kind not in freshness.find_outdated(after(life_s + 1, life_s + 1))


@pytest.mark.parametrize(
    ("wall_s", "counting_s"), [(3600.0, 1.0), (1.0, 3600.0), (-3600.0, 3600.0)],
    ids=["clock set forward, or a sleep that the other did not count", "clock set back by as much", "clock set back"],
)  # fmt: skip
def test_the_clock_that_says_older_is_believed(wall_s: float, counting_s: float) -> None:
    freshness = make_freshness(*WatchedKind)
    assert freshness.find_outdated(after(wall_s, counting_s)) == tuple(WatchedKind)


def test_what_was_never_read_or_is_not_read_any_more_has_no_age() -> None:
    freshness = make_freshness(WatchedKind.PODS, WatchedKind.NODES)
    freshness.drop(Scope(WatchedKind.NODES))
    assert freshness.read_at() == {WatchedKind.PODS: READ.wall}
    assert freshness.find_outdated(after(1e6, 1e6)) == (WatchedKind.PODS,)


def test_who_waits_is_told_when_the_next_kind_will_be_outdated() -> None:
    freshness = make_freshness(WatchedKind.PODS, WatchedKind.NODES)
    nodes_s, pods_s = LIVES[HEARTBEAT], LIVES[Scope(WatchedKind.PODS)]
    assert nodes_s < pods_s
    assert freshness.seconds_to_next(after(10, 10)) == nodes_s - 10
    assert freshness.seconds_to_next(after(nodes_s + 1, nodes_s + 1)) == pods_s - nodes_s - 1
    assert freshness.seconds_to_next(after(pods_s + 1, pods_s + 1)) is None


def test_in_several_namespaces_a_kind_is_as_old_as_where_it_was_read_longest_ago() -> None:
    scopes = list_scopes(ContextOverride(namespaces=frozenset({"a", "b"})))
    heartbeat = find_heartbeat(scopes, declares_nodes=True)
    lives = compute_lives(scopes, SETTINGS, heartbeat)
    freshness, pods = Freshness(lives), WatchedKind.PODS
    life_s = lives[Scope(pods, "a")]
    freshness.note(Scope(pods, "a"), after(life_s, life_s))
    freshness.note(Scope(pods, "b"), READ)
    assert freshness.read_at() == {pods: READ.wall}
    assert freshness.find_outdated(after(life_s + 1, life_s + 1)) == (pods,)
    assert heartbeat == Scope(WatchedKind.DEPLOYMENTS, "a")
    assert lives[heartbeat] < lives[Scope(WatchedKind.DEPLOYMENTS, "b")], "one watch alone is the heartbeat"
