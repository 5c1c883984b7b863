"""Which of several contexts stands for a cluster."""

from __future__ import annotations

from controller.clusters.aliases import KnownContext, find_aliases


def known(
    name: str, uid: str | None = "u", namespaces: frozenset[str] | None = None, denied: bool = False
) -> KnownContext:
    return KnownContext(name, uid, namespaces, denied)


def test_the_first_of_the_file_stands_for_the_cluster() -> None:
    assert find_aliases([known("a"), known("b"), known("c", "other"), known("d")]) == {"b": "a", "d": "a"}


def test_one_that_is_let_in_stands_for_one_that_is_not() -> None:
    assert find_aliases([known("a", denied=True), known("b")]) == {"a": "b"}
    assert find_aliases([known("a", denied=True), known("b", denied=True)]) == {"b": "a"}


def test_who_is_not_known_is_nobodys_alias() -> None:
    assert find_aliases([known("a", None), known("b", None)]) == {}


def test_contexts_that_see_different_namespaces_are_both_needed() -> None:
    assert (
        find_aliases(
            [known("a", namespaces=frozenset("x")), known("b", namespaces=frozenset("y")), known("c")]
        )
        == {}
    )
