"""Every sentence comes from the fact that caused it: its code is given somewhere, with what it names, and the way out
that it offers exists.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from app.arguments import build_parser
from app.config.catalogue import list_settings
from app.config.configuration import Configuration
from controller.clusters.acceptance import ACCEPT_ANNOTATION, Acceptance
from controller.clusters.kubeconfig_reasons import KubeconfigCode
from controller.clusters.workload_parsing import STATE_ANNOTATION
from controller.migration.protocol.act_reasons import ActCode
from controller.migration.protocol.journal_reasons import JournalCode
from controller.migration.protocol.request_reasons import RequestCode
from controller.reasons import Code
from oracle.foundation.reason import ReasonCode

ROOT = Path(__file__).parents[2]
KINDS: dict[str, type[ReasonCode]] = {
    kind.__name__: kind for kind in (Code, KubeconfigCode, JournalCode, ActCode, RequestCode)
}
CODES = tuple(chain(*KINDS.values()))
#: Sections of the file that a sentence names without a setting: their keys are a person's own words.
SECTIONS = {"[contexts.NAME]"}
#: Keys of such a section.
KEYS_OF_SECTIONS = {"namespaces"}


def sources() -> Iterator[tuple[str, ast.AST]]:
    """Each node of the program's syntax trees, with its file."""
    for folder in ("app", "controller", "oracle"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield str(path.relative_to(ROOT)), node


def find_code(node: ast.AST) -> ReasonCode | None:
    """The code that an expression names, such as `Code.PAUSED`."""
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
        return None
    kind = KINDS.get(node.value.id)
    return None if kind is None else kind.__members__.get(node.attr)


@cache
def find_given() -> frozenset[ReasonCode]:
    """The codes that the program names anywhere."""
    return frozenset(code for _, node in sources() if (code := find_code(node)) is not None)


def find_sentences() -> Iterator[tuple[str, ReasonCode, set[str | None]]]:
    """Each place at which a sentence gets its parameters: where, of which code, and their names (None: some more)."""
    for file, node in sources():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "because"
        ):
            code = find_code(node.func.value)
            if code is not None:
                yield f"{file}:{node.lineno}", code, {keyword.arg for keyword in node.keywords}


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_given_somewhere(code: ReasonCode) -> None:
    assert code in find_given(), "nothing causes it any more"


def test_every_sentence_gets_what_it_names_and_nothing_else() -> None:
    sentences = list(find_sentences())
    assert len(sentences) > 300, "they are still written as the test looks for them"
    wrong = [
        (place, code, names)
        for place, code, names in sentences
        if not names - {None} <= code.parameters or (None not in names and names != code.parameters)
    ]
    assert wrong == []


def find_quoted(code: ReasonCode) -> Iterator[str]:
    """What a sentence tells a person to write, between its backticks."""
    return iter(re.findall(r"`([^`]+)`", code.template))


def can_be_run(command: str) -> bool:
    """Whether the command line knows a command, in full or as one that needs an action."""
    words = shlex.split(re.sub(r"\{[^}]*\}|ID\b", "0" * 8, command))[1:]
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        for line in (words, [*words, "--help"]):
            try:
                build_parser().parse_args(line)
            except SystemExit as ended:
                if ended.code != 0:
                    continue
            return True
    return False


SETTINGS = {setting.name for setting in list_settings(Configuration)}
QUOTED = [(code, quoted) for code in CODES for quoted in find_quoted(code)]


@pytest.mark.parametrize(("code", "quoted"), QUOTED, ids=[f"{code}: {quoted}" for code, quoted in QUOTED])
def test_every_way_out_that_a_sentence_names_exists(code: ReasonCode, quoted: str) -> None:
    if quoted.startswith("sentinelaura "):
        assert can_be_run(quoted)
    elif not quoted.startswith("kubectl "):
        assert quoted in SETTINGS | SECTIONS | KEYS_OF_SECTIONS


@pytest.mark.parametrize("code", CODES)
def test_every_annotation_that_a_sentence_names_is_read(code: ReasonCode) -> None:
    for annotation, value in re.findall(r"(sentinelaura\.io/[a-z-]+)(?:: ([a-z-]+))?", code.template):
        assert annotation in (ACCEPT_ANNOTATION, STATE_ANNOTATION)
        if annotation == ACCEPT_ANNOTATION:
            assert value in set(Acceptance)


@pytest.mark.parametrize("code", CODES)
def test_every_setting_that_a_sentence_names_in_brackets_exists(code: ReasonCode) -> None:
    for name in re.findall(r"\(([a-z]+\.[a-z_.]+)\)", code.template):
        assert name in SETTINGS


def test_a_way_out_that_does_not_exist_is_found() -> None:
    assert not can_be_run("sentinelaura mend everything")
    assert can_be_run("sentinelaura migrations show {migration_id}")
    assert can_be_run("sentinelaura keys")
