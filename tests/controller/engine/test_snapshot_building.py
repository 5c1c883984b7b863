"""What a context shows: prices with their history, costs only where everything of them is known."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

import pytest
from msgspec import structs

from controller.clusters.fleet import (
    Cluster,
    FleetPicture,
    Health,
    Node,
    Resources,
    WatchedKind,
    Workload,
    WorkloadKey,
)
from controller.contract.changes import compute_series_change
from controller.contract.snapshots import PriceOrigin, PriceSourceView
from controller.contract.way_back import WayBack
from controller.engine.main_price import PriceFacts
from controller.engine.snapshot_building import (
    ContextViews,
    choose_ways_back,
    describe_price_source,
    find_unpriced,
    is_asking_nobody,
)
from controller.reasons import Code
from oracle.binding import Binding
from oracle.market import Offering, Region
from oracle.price_history import PricePoint
from oracle.quotes import Playback, PriceMode, Quote, QuoteBoard
from oracle.reasons import OracleCode
from tests.controller.decision.worlds import arm
from tests.controller.faults import unreachable
from tests.oracle.statuses import REMOTE

OFFERING = Offering("aws", "us-east-1", "m5.2xlarge")
PLACES = {"aws/us-east-1": Region("aws", "us-east-1", "Ashburn", "United States", 39.0, -77.5)}
NOW = 1000.0
NOTHING = MappingProxyType({})


def make_workload(name="checkout", requests=Resources(2.0, 8.0)):  # noqa: B008  a frozen value
    return Workload(WorkloadKey("home", "shop", name), name, 4, 4, 4, requests, 1.0)


def make_cluster(*workloads):
    node = Node("n", OFFERING, "us-east-1a", Resources(8.0, 32.0), ready=True, schedulable=True)
    return Cluster(
        "home",
        Health.REACHABLE,
        provider="aws",
        region="us-east-1",
        nodes=(node,),
        workloads=workloads,
        is_complete=True,
    )


def view_of(cluster, *, deadline=NOW + 10, history=()):
    quote = Quote("home", OFFERING, Decimal("0.20"), NOW - 1, NOW - 1, deadline, "test", PriceMode.LIVE)
    prices = PriceFacts(QuoteBoard({("home", OFFERING): quote}), {("home", OFFERING): history}, {})
    (view,) = ContextViews(PLACES).build(FleetPicture({"home": cluster}), prices, NOTHING, NOTHING, NOW)
    return view


def test_workload_costs_its_share_of_a_node():
    view = view_of(make_cluster(make_workload()))
    assert view.workloads[0].usd_per_day == Decimal("0.20") * 24  # four pods of a quarter node each
    assert (view.city, view.quote.usd_per_hour) == ("Ashburn", Decimal("0.20"))


def test_expired_price_is_shown_but_costs_nothing_known():
    view = view_of(make_cluster(make_workload()), deadline=NOW)
    assert view.quote is not None
    assert view.usd_per_day is None


def test_one_unknown_cost_makes_the_sum_unknown():
    view = view_of(make_cluster(make_workload(), make_workload("other", requests=None)))
    assert [one.usd_per_day is None for one in view.workloads] == [False, True]
    assert view.usd_per_day is None


def test_trend_is_the_change_over_the_shown_history():
    points = (PricePoint(0.0, Decimal("0.10")), PricePoint(1.0, Decimal("0.12")))
    assert view_of(make_cluster(), history=points).trend == 0.12 / 0.10 - 1
    assert view_of(make_cluster(), history=points[:1]).trend is None


def points_of_a_day(until, count=500):
    """So many points before a moment, the newest half within the last hours, as a bounded series keeps them."""
    coarse = [until - 80_000.0 + number * 260.0 for number in range(count // 2)]
    fine = [until - 60.0 * number for number in range(count // 2)]
    return tuple(PricePoint(at, Decimal("0.1")) for at in [*coarse, *reversed(fine)])


def test_the_whole_day_is_shown_in_few_points_with_both_ends():
    points = points_of_a_day(NOW)
    history = view_of(make_cluster(), history=points).history
    assert len(history) <= 240
    assert (history[0][0], history[-1][0]) == (points[0].observed_at, NOW)
    assert max(later[0] - earlier[0] for earlier, later in pairwise(history)) < 1024.0 + 200.0


def test_a_new_price_changes_the_end_of_what_is_shown_and_nothing_before():
    points = points_of_a_day(NOW)
    before = view_of(make_cluster(), history=points).history
    for minute in range(1, 30):
        points = (*points, PricePoint(NOW + 60.0 * minute, Decimal("0.1")))
        after = view_of(make_cluster(), history=points).history
        assert len(compute_series_change(before, after).added) <= 2
        before = after


def test_few_points_are_shown_as_they_are():
    points = points_of_a_day(NOW)[-240:]
    assert len(view_of(make_cluster(), history=points).history) == 240


class Shown:
    """The views of one context from snapshot to snapshot."""

    def __init__(self, cluster):
        self.views = ContextViews(PLACES)
        self.cluster = cluster
        self.quote = Quote(
            "home", OFFERING, Decimal("0.20"), NOW - 1, NOW - 1, NOW + 10, "test", PriceMode.LIVE
        )
        self.points = (PricePoint(NOW - 1, Decimal("0.20")),)

    def build(self, now=NOW, armed=(), unarmed=NOTHING):
        prices = PriceFacts(
            QuoteBoard({("home", OFFERING): self.quote}), {("home", OFFERING): self.points}, {}
        )
        picture = FleetPicture({"home": self.cluster})
        (view,) = self.views.build(picture, prices, arm(*armed), unarmed, now)
        return view


def test_view_of_a_context_in_which_nothing_changed_is_kept():
    shown = Shown(make_cluster(make_workload()))
    before = shown.build()
    shown.cluster = replace(shown.cluster)

    assert shown.build(NOW + 5) is before


def test_when_a_kind_was_read_is_shown_in_whole_seconds():
    """A busy cluster would else be a new view with every event."""
    shown = Shown(make_cluster(make_workload()))
    before = shown.build()
    shown.cluster = replace(shown.cluster, read_at={WatchedKind.PODS: NOW + 5.3})
    seen = shown.build(NOW + 5)
    assert seen.read_at == {WatchedKind.PODS: NOW + 5}
    assert seen.workloads is before.workloads
    shown.cluster = replace(shown.cluster, read_at={WatchedKind.PODS: NOW + 5.9})
    assert shown.build(NOW + 6) is seen


@pytest.mark.parametrize(
    ("kind", "unknown"), [(WatchedKind.NODES, "node_count"), (WatchedKind.DEPLOYMENTS, "ready_replicas")]
)
def test_what_was_read_too_long_ago_is_not_shown_as_if_it_were_so(kind, unknown):
    shown = Shown(make_cluster(make_workload()))
    assert getattr(shown.build(), unknown) is not None
    shown.cluster = replace(shown.cluster, outdated=(kind,))
    view = shown.build()
    assert getattr(view, unknown) is None
    assert view.health_reason == Code.KINDS_OUTDATED.because(context="home", kinds=(kind.value,))


@pytest.mark.parametrize(
    "change",
    [
        lambda shown: setattr(shown, "quote", structs.replace(shown.quote, usd_per_hour=Decimal("0.21"))),
        lambda shown: setattr(shown, "quote", structs.replace(shown.quote, deadline=NOW - 1)),
        lambda shown: setattr(shown, "points", (*shown.points, PricePoint(NOW, Decimal("0.21")))),
        lambda shown: setattr(shown, "cluster", replace(shown.cluster, health=Health.UNREACHABLE)),
        lambda shown: setattr(shown, "cluster", replace(shown.cluster, is_complete=False)),
        lambda shown: setattr(shown, "cluster", make_cluster(make_workload(), make_workload("second"))),
        lambda shown: setattr(shown, "cluster", replace(shown.cluster, nodes=())),
    ],
    ids=["price", "expiry", "history", "health", "half read", "workloads", "nodes"],
)
def test_kept_view_is_what_a_new_one_would_be(change):
    shown = Shown(make_cluster(make_workload()))
    before = shown.build()
    change(shown)
    fresh = Shown(shown.cluster)
    fresh.quote, fresh.points = shown.quote, shown.points

    assert shown.build() == fresh.build()
    assert shown.build() != before


def test_another_reason_of_a_cluster_that_does_not_answer_shows_at_once():
    shown = Shown(replace(make_cluster(), health=Health.UNREACHABLE, reason=unreachable("home").reason))
    shown.build()
    shown.cluster = replace(shown.cluster, reason=unreachable("home", "no route").reason)

    assert shown.build().health_reason == shown.cluster.reason


def test_arming_shows_at_once():
    shown = Shown(make_cluster(make_workload()))
    shown.build()

    view = shown.build(armed=("home",))
    assert view.armed
    assert (view.arming, view.unarmed_reason) == (arm("home")["home"], None)


def test_why_what_was_armed_is_not_any_more_shows_at_once():
    shown = Shown(make_cluster(make_workload()))
    shown.build(armed=("home",))
    view = shown.build(unarmed={"home": Code.ARMING_OVER})

    assert not view.armed
    assert view.unarmed_reason == Code.ARMING_OVER.because(contexts=("home",))
    assert shown.build(unarmed={"home": Code.NOT_ARMED}).unarmed_reason is None


def test_who_the_cluster_is_shows_at_once():
    shown = Shown(make_cluster(make_workload()))
    shown.build()
    shown.cluster = replace(shown.cluster, uid="uid-home")

    assert shown.build().cluster_uid == "uid-home"


def test_price_expires_in_a_kept_view_by_the_clock_alone():
    shown = Shown(make_cluster(make_workload()))
    shown.build()

    assert shown.build(shown.quote.deadline).usd_per_day is None


def test_workload_of_which_nothing_changed_is_the_same_object():
    shown = Shown(make_cluster(make_workload(), make_workload("second")))
    first, second = shown.build().workloads
    scaled = replace(make_workload("second"), desired_replicas=9)
    shown.cluster = make_cluster(make_workload(), scaled)
    now_first, now_second = shown.build().workloads

    assert now_first is first
    assert (second.desired_replicas, now_second.desired_replicas) == (4, 9)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"is_complete": False}, Code.CONTEXT_INCOMPLETE),
        ({"health": Health.CONNECTING}, Code.CONTEXT_CONNECTING),
        ({"health": Health.UNREACHABLE, "reason": unreachable("home").reason}, Code.CONNECTION_FAILED),
    ],
    ids=["read", "half read", "connecting", "unreachable"],
)
def test_view_says_why_not_all_of_a_cluster_is_known(changes, code):
    reason = view_of(replace(make_cluster(), **changes)).health_reason
    assert (None if reason is None else reason.code) is code


def test_replicas_of_a_cluster_that_does_not_answer_are_unknown():
    cluster = make_cluster(make_workload())
    lost = Cluster("home", Health.UNREACHABLE, "gone", nodes=cluster.nodes, workloads=cluster.workloads)
    assert view_of(lost).workloads[0].ready_replicas is None


REPLAY = "replay of prices.csv"
SIMULATED_MARKET = "simulated market"
PLAYBACK = Playback(1_777_777_777.0, 86_400.0)
PLAYED = f"{REPLAY}, recorded 2026-05-03, played 86,400 times as fast"
WORLDS = {REPLAY: (PriceMode.RECORDED, PLAYBACK), SIMULATED_MARKET: (PriceMode.SIMULATED, None)}


def source_of(*quotes, own_source=REPLAY):
    """What is said of these (context, source, deadline) where the contexts home and away are bound."""
    board = QuoteBoard(
        {
            (context, OFFERING): Quote(
                context, OFFERING, Decimal("0.20"), NOW - 1, NOW - 1, deadline, source, *WORLDS[source]
            )
            for context, source, deadline in quotes
        }
    )
    bindings = [Binding("home", OFFERING), Binding("away", OFFERING)]
    return describe_price_source(board, bindings, replace(REMOTE, source=own_source), NOW)


def test_source_of_the_prices_is_who_said_them_not_who_could_have():
    assert source_of(("home", SIMULATED_MARKET, NOW + 9)) == PriceSourceView(
        PriceOrigin.SIMULATED, SIMULATED_MARKET
    )
    assert source_of(("home", REPLAY, NOW + 9), own_source=SIMULATED_MARKET).origin is PriceOrigin.RECORDED


def test_what_nodes_are_bought_as_needs_a_price_that_holds_or_a_source_that_says_it_has_none():
    quote = Quote("home", OFFERING, Decimal("0.20"), NOW - 1, NOW - 1, NOW + 9, REPLAY, *WORLDS[REPLAY])
    board = QuoteBoard({("home", OFFERING): quote})
    home, away = Binding("home", OFFERING), Binding("away", OFFERING)
    assert find_unpriced(board, [home, away], (), NOW) == (away,)
    assert find_unpriced(board, [home, away], (), NOW + 9) == (home, away)
    none = OracleCode.PRICE_NOT_SIMULATED.because(offering=str(OFFERING))
    assert find_unpriced(board, [home, away], (none,), NOW) == ()


def test_mixture_of_sources_is_said():
    mixed = source_of(("home", REPLAY, NOW + 9), ("away", SIMULATED_MARKET, NOW + 9))
    assert mixed == PriceSourceView(PriceOrigin.MIXED, f"{PLAYED} and {SIMULATED_MARKET}", playback=PLAYBACK)


def test_expired_prices_have_no_part_in_the_source_while_others_have_not_expired():
    assert source_of(("home", REPLAY, NOW + 9), ("away", SIMULATED_MARKET, NOW)).text == PLAYED
    assert source_of(("away", SIMULATED_MARKET, NOW)).text == f"{SIMULATED_MARKET} (expired)"


def test_prices_of_contexts_of_others_have_no_part_in_the_source():
    assert source_of(("foreign", SIMULATED_MARKET, NOW + 9), ("home", REPLAY, NOW + 9)).text == PLAYED


@pytest.mark.parametrize(("own_source", "said"), [(REPLAY, f"{REPLAY} (awaited)"), (None, "none yet")])
def test_source_that_has_said_nothing_yet_is_awaited(own_source, said):
    assert source_of(own_source=own_source) == PriceSourceView(PriceOrigin.UNKNOWN, said)


@pytest.mark.parametrize(
    ("is_generating", "said"),
    [(True, "live prices (nobody is asked)"), (False, "live prices (awaited)")],
    ids=["we say the prices", "others may say them"],
)
def test_nothing_is_awaited_where_nobody_is_asked(is_generating, said):
    offline = (OracleCode.PRICES_OFFLINE.because(),)
    status = replace(REMOTE, source="live prices", is_generating=is_generating, notices=offline)
    bindings = [Binding("home", OFFERING)]
    assert describe_price_source(QuoteBoard({}), bindings, status, NOW).text == said
    assert is_asking_nobody(status) is is_generating


def test_workload_goes_back_by_its_last_move_and_from_where_it_runs_only():
    ran, gone = make_workload(), replace(make_workload("gone"), desired_replicas=0)
    clusters = {"home": make_cluster(ran, gone), "far": Cluster("far", Health.REACHABLE)}
    known = [
        WayBack(ran.key, "far", "older"),
        WayBack(ran.key, "far", "newer"),
        WayBack(ran.key, "removed", "to nowhere"),
        WayBack(gone.key, "far", "lowered"),
        WayBack(replace(ran.key, name="deleted"), "far", "deleted"),
        WayBack(replace(ran.key, context="removed"), "far", "from nowhere"),
    ]
    assert choose_ways_back(known, FleetPicture(clusters, NOW)) == (WayBack(ran.key, "far", "newer"),)
