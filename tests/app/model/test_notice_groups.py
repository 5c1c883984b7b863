from __future__ import annotations

from app.model.notice_groups import group_notices
from controller.contract.snapshots import Notice, make_notice
from controller.reasons import Code


def lost(*contexts: str) -> list[Notice]:
    return [
        make_notice(
            Code.CONTEXT_LOST.because(context=context, health="unreachable", why="no route"), "context"
        )
        for context in contexts
    ]


OTHER = make_notice(Code.NO_NEW_PRICES.because(why="Redis is gone"))


def test_one_lost_context_says_why_by_itself() -> None:
    notices = (*lost("a"), OTHER)
    assert group_notices(notices) == notices


def test_several_lost_contexts_are_one_note() -> None:
    note, other = group_notices([OTHER, *lost("e", "d", "c", "b", "a")])
    assert other == OTHER
    assert note.text == "5 contexts cannot be read: a, b, c and 2 more. The table says why of each."


def test_the_next_lost_context_is_told_to_who_has_dismissed_the_note() -> None:
    (before,) = group_notices(lost("a", "b"))
    (after,) = group_notices(lost("a", "b", "c"))
    assert before.key != after.key
