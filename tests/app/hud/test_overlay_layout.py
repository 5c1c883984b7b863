from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.hud.overlay_layout import Box, Label, Placement, place_labels

STAGE = Box(0.0, 0.0, 700.0, 560.0)
FORMS = ((220.0, 26.0), (110.0, 26.0))

anchors = st.tuples(st.floats(0.0, 700.0), st.floats(0.0, 560.0))


def labels_at(points: list[tuple[float, float]]) -> list[Label]:
    return [Label(f"label {index}", x, y, FORMS) for index, (x, y) in enumerate(points)]


def overlap(boxes: list[Box]) -> bool:
    return any(a.overlaps(b, 0.0) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


@settings(max_examples=60, deadline=None)
@given(st.lists(anchors, max_size=24), st.lists(anchors, max_size=2))
def test_labels_never_cover_each_other_nor_leave_the_stage(
    points: list[tuple[float, float]], corners: list[tuple[float, float]]
) -> None:
    reasons = [Box(x, y, 120.0, 40.0) for x, y in corners]
    placed = place_labels(labels_at(points), STAGE, reasons, {})
    boxes = [placement.box for placement in placed.values()]
    assert not overlap(boxes)
    assert all(STAGE.holds(box) for box in boxes)
    assert not any(box.overlaps(obstacle, 0.0) for box in boxes for obstacle in reasons)


def test_a_dozen_buttons_in_one_crowd_all_find_a_place() -> None:
    crowd = [(300.0 + 12 * index, 250.0 + 9 * (index % 4)) for index in range(12)]
    assert len(place_labels(labels_at(crowd), STAGE, [], {})) == 12


def test_a_lone_label_stands_beside_its_anchor_without_a_line() -> None:
    placement = place_labels(labels_at([(350.0, 280.0)]), STAGE, [], {})["label 0"]
    assert not placement.needs_leader
    assert placement.form == 0
    assert not placement.box.contains(350.0, 280.0)


def test_a_label_takes_its_short_form_where_the_long_one_has_no_room() -> None:
    narrow = Box(0.0, 0.0, 180.0, 200.0)
    placement = place_labels(labels_at([(20.0, 100.0)]), narrow, [], {})["label 0"]
    assert placement.form == 1


def test_a_label_without_any_room_is_left_out() -> None:
    assert place_labels(labels_at([(20.0, 20.0)]), Box(0.0, 0.0, 90.0, 60.0), [], {}) == {}


def test_labels_keep_their_slots_while_the_globe_turns() -> None:
    """Two labels pass each other closely; slots may change where they must, but not back and forth."""
    previous: dict[str, Placement] = {}
    changes = 0
    for step in range(120):
        points = [(200.0 + 2.0 * step, 280.0), (420.0, 275.0)]
        placed = place_labels(labels_at(points), STAGE, [], previous)
        changes += sum(previous[key].slot != placed[key].slot for key in previous.keys() & placed.keys())
        assert len(placed) == 2
        previous = placed
    assert changes <= 4


def test_a_still_globe_never_moves_its_labels() -> None:
    labels = labels_at([(300.0, 280.0), (320.0, 290.0), (310.0, 270.0), (350.0, 300.0)])
    first = place_labels(labels, STAGE, [], {})
    assert place_labels(labels, STAGE, [], first) == first


def test_ranks_choose_before_names() -> None:
    button = Label("z button", 350.0, 280.0, FORMS, rank=0)
    name = Label("a name", 350.0, 280.0, ((60.0, 18.0),), rank=3, slots=1)
    placed = place_labels([name, button], STAGE, [], {})
    assert placed["z button"].slot == 0
    assert "a name" not in placed


def test_a_label_stays_where_it_was_although_the_first_place_is_free_again() -> None:
    (label,) = labels_at([(350.0, 280.0)])
    blocked = place_labels([label], STAGE, [Box(360.0, 270.0, 20.0, 20.0)], {})
    assert blocked["label 0"].slot != 0
    assert place_labels([label], STAGE, [], blocked) == blocked


def test_a_label_far_out_comes_back_when_the_crowd_has_gone() -> None:
    crowd = labels_at([(340.0 + 3 * index, 280.0) for index in range(16)])
    crowded = place_labels(crowd, STAGE, [], {})
    key, far = max(crowded.items(), key=lambda entry: entry[1].slot)
    alone = place_labels([label for label in crowd if label.key == key], STAGE, [], crowded)
    assert alone[key].slot < far.slot


def test_what_stands_is_not_moved_by_what_comes() -> None:
    standing = Label("z", 350.0, 280.0, FORMS)
    before = place_labels([standing], STAGE, [], {})
    after = place_labels([standing, Label("a", 352.0, 282.0, FORMS)], STAGE, [], before)
    assert after["z"] == before["z"]


def test_a_held_label_keeps_its_place_whatever_chooses_before_it() -> None:
    name = Label("a name", 350.0, 280.0, ((60.0, 18.0),), rank=3)
    before = place_labels([name], STAGE, [], {})
    button = Label("button", 352.0, 282.0, FORMS, rank=1)
    assert place_labels([name, button], STAGE, [], before)["a name"] != before["a name"]
    held = Label("a name", 350.0, 280.0, ((60.0, 18.0),), rank=3, is_held=True)
    assert place_labels([held, button], STAGE, [], before)["a name"] == before["a name"]


def test_a_label_covers_no_marker_where_it_can() -> None:
    label = Label("a", 350.0, 280.0, FORMS)
    free = place_labels([label], STAGE, [], {})["a"]
    marker = (free.box.left + 20.0, free.box.top + 10.0)
    assert not place_labels([label], STAGE, [], {}, [marker])["a"].box.contains(*marker)
