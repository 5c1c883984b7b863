"""YAML of strangers: what people write is read, what would hurt ends at its line."""

from __future__ import annotations

from typing import Any

import pytest

from controller.clusters import bounded_yaml
from controller.clusters.bounded_yaml import MAX_DEPTH, MAX_NODES, YamlError, find_repeated, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: {b: [1, two, 3.5, true, null, ~, '4']}", {"a": {"b": [1, "two", 3.5, True, None, None, "4"]}}),
        ("a: 2026-13-45\nb: 2026-01-01", {"a": "2026-13-45", "b": "2026-01-01"}),
        (f"a: {'9' * 5000}", {"a": "9" * 5000}),
        ("a: .inf\nb: .nan\nc: 010\nd: 12:30", {"a": ".inf", "b": ".nan", "c": "010", "d": "12:30"}),
        ("a: 0x1F\nb: -7\nc: 1.5e+3", {"a": 31, "b": -7, "c": 1500.0}),
        ("1: a\ntrue: b", {"1": "a", "true": "b"}),
        ("a: !!str 5", {"a": "5"}),
        ('{"a": ["\\u0041"]}', {"a": ["A"]}),
        ("x: &x {a: 1}\ny: *x\nz: {<<: *x, b: 2}", {"x": {"a": 1}, "y": {"a": 1}, "z": {"a": 1, "b": 2}}),
        ("x: &x {a: 1}\nz: {a: 2, <<: [*x, {c: 3}]}", {"x": {"a": 1}, "z": {"a": 2, "c": 3}}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("a: 1\n---\nb: 2\n", {"a": 1}),
        ("", None),
        ("# only a remark", None),
    ],
)  # fmt: skip
def test_what_people_write_is_read(text: str, value: Any) -> None:
    assert read_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("\n" + "[" * 100_000, 2, "nested deeper"),
        ("- " * 100_000, 1, "nested deeper"),
        ("a:\n" + "- x\n" * MAX_NODES, MAX_NODES - 1, f"more than {MAX_NODES} values"),
        ("x: !!python/object/apply:os.system ['true']", 1, "a tag"),
        ("x: !!binary aGk=", 1, "a tag"),
        ("x: !!set {a}", 1, "a tag"),
        ("a: 1\n? [b]\n: 2", 2, "a key is not a text"),
        ("a: &a [*a]", 1, "or for itself"),
        ("a: *nobody", 1, "not there"),
        ("a: 1\n<<: 2", 2, "only mappings can be merged"),
        ("a: 1\nb: [", 3, "not valid YAML"),
        ("a: 1\n]", 2, "not valid YAML"),
        ("a: 1\nb: \x07", 2, "not valid YAML"),
    ],
    ids=range(13),
)
def test_what_is_too_much_or_wrong_ends_at_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(YamlError, match=reason) as caught:
        read_yaml(text, clock=lambda: 0.0)
    assert caught.value.line == line


def test_what_aliases_expand_to_counts() -> None:
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    with pytest.raises(YamlError, match="aliases expanded"):
        read_yaml("\n".join(["a0: &a0 [x]", *levels]))


def test_how_deep_aliases_expand_counts() -> None:
    levels = [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, MAX_DEPTH + 1)]
    with pytest.raises(YamlError, match="nested deeper"):
        read_yaml("\n".join(["a0: &a0 x", *levels]))
    assert read_yaml("\n".join(["a0: &a0 x", *levels[:-1]]))


def test_reading_that_takes_too_long_ends() -> None:
    ticks = iter(range(10**6))
    with pytest.raises(YamlError, match="takes longer"):
        read_yaml("- x\n" * 10_000, clock=lambda: float(next(ticks)))


def test_a_key_that_stands_twice_is_found_wherever_it_is() -> None:
    assert find_repeated(read_yaml("a: [{b: {c: 1,\n d: 2, c: 3}}]")) == ("c", 2)
    assert find_repeated(read_yaml("a: &a {b: 1}\nc: {<<: *a, b: 2}\nd: [{b: 3}]")) is None


def test_an_error_quotes_nothing() -> None:
    with pytest.raises(YamlError) as caught:
        read_yaml("users: [{token: very-secret: x}]")
    assert "very-secret" not in str(caught.value)


def test_the_slower_reader_of_an_installation_without_libyaml_has_the_same_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import yaml

    monkeypatch.setattr(bounded_yaml, "_Loader", yaml.SafeLoader)
    with pytest.raises(YamlError, match="nested deeper"):
        read_yaml("[" * 100_000)
    with pytest.raises(YamlError, match="line 2: it is not valid YAML"):
        read_yaml("a: 1\nb: \x07")
