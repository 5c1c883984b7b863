"""A reason as a value: code, parameters, severity, and the one function that makes its sentence. Pure.

Programs look at the code and the parameters, people at the sentence. A wing declares its codes as the members of a
subclass of `ReasonCode`, each with its severity and its template; nowhere else is such a sentence written. A
template names its parameters as `str.format` does, with these formats beside Python's own:

    {price:usd}         $1.23; small amounts get the digits that tell them apart
    {share:percent}     12.3 %
    {seconds:duration}  45 s, 15 min, 2.5 h
    {count:of replica}  1 replica, 6 replicas
    {names:list}        a, b and 3 more
    {line:whole}        a text that is of no use when it is cut
    {path:shell}        the same as a word of a command, which somebody may paste

Text from outside is cleaned on its way into a sentence, so that a parameter can hold it as it came. A number that is
not known is None and reads "unknown". A parameter may be a reason itself: programs see its code, people its sentence,
which is made when somebody reads the outer one.
"""

from __future__ import annotations

import shlex
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self, TypeAlias

from oracle.foundation.untrusted_text import clean_text

#: What a parameter may be: a value that pickles, compares and has a JSON form.
Parameter: TypeAlias = "str | int | float | Decimal | tuple[str, ...] | Reason | None"

#: Levels of reasons inside a reason: no prices, for the source failed, for a line of its file, for what is wrong there.
MAX_INNER_REASONS = 3
#: Of a text that is shown whole. Arbitrary: the longest line for a configuration file has half of it.
MAX_WHOLE_CHARACTERS = 2000
#: Names that a list shows one by one. Arbitrary: more would fill a line.
MAX_LISTED = 4
#: Below this, cents would say $0.00 of something that costs money.
_CENTS_FROM_USD = Decimal("0.01")
#: Below this, only how little it is is said. Arbitrary: its digits would fill a column and mean nothing.
_LEAST_USD = Decimal("0.00001")


class Severity(StrEnum):
    """How loudly a reason or a notice speaks."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class ReasonCode(StrEnum):
    """The root of all codes. A member is written as `NAME = "name", Severity.INFO, "sentence with {parameters}"`."""

    severity: Severity
    template: str
    parameters: frozenset[str]

    def __new__(cls, name: str, severity: Severity, template: str) -> Self:
        """Make a member whose value is its name for programs."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.severity = severity
        member.template = template
        member.parameters = frozenset(field for _, field, _, _ in string.Formatter().parse(template) if field)
        return member

    def because(self, **parameters: Parameter) -> Reason:
        """Return this reason with exactly the parameters of its template. Raises: TypeError for others.

        A reason too deep inside them becomes its sentence, so that no chain of causes grows for ever.
        """
        if parameters.keys() != self.parameters:
            wanted = ", ".join(sorted(self.parameters)) or "none"
            raise TypeError(f"{self} takes the parameters {wanted}, not {', '.join(sorted(parameters))}")
        known = {name: _limit_depth(value, MAX_INNER_REASONS) for name, value in parameters.items()}
        return Reason(self, tuple(sorted(known.items())))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is refused, held or has failed. Made by `ReasonCode.because`; `str` gives the sentence."""

    code: ReasonCode
    parameters: tuple[tuple[str, Parameter], ...] = ()

    @property
    def severity(self) -> Severity:
        """How loudly it speaks."""
        return self.code.severity

    def __getitem__(self, name: str) -> Parameter:
        """Return one parameter. Raises: KeyError."""
        return dict(self.parameters)[name]

    def __str__(self) -> str:
        return make_sentence(self)


def make_sentence(reason: Reason) -> str:
    """Return the reason as a sentence for a person, without a full stop; never empty, whatever a journal said."""
    return _SENTENCES.vformat(reason.code.template, (), dict(reason.parameters)) or reason.code.value


def _limit_depth(value: Parameter, levels: int) -> Parameter:
    if not isinstance(value, Reason):
        return value
    if levels == 0:
        return make_sentence(value)
    return Reason(
        value.code, tuple((name, _limit_depth(inner, levels - 1)) for name, inner in value.parameters)
    )


def encode_reason(reason: Reason) -> dict[str, Any]:
    """Return the reason as JSON values: code, severity, parameters (money as text, reasons alike) and the sentence."""
    return {
        "code": reason.code.value,
        "severity": reason.severity.value,
        "parameters": {name: _to_json(value) for name, value in reason.parameters},
        "sentence": make_sentence(reason),
    }


def encode_if_any(reason: Reason | None) -> dict[str, Any] | None:
    """Return the reason as JSON values; None where there is none."""
    return None if reason is None else encode_reason(reason)


def _to_json(value: Parameter) -> Any:
    if isinstance(value, Reason):
        return encode_reason(value)
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


class _SentenceFormatter(string.Formatter):
    """`str.format` with the formats of this module, and no look into attributes of what came from outside."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "unknown"
        if isinstance(value, Reason):
            value = make_sentence(value)
        if format_spec.startswith("of "):
            return format_count(value, format_spec.removeprefix("of "))
        if format_spec in _FORMATS:
            return _FORMATS[format_spec](value)
        text = format(value, format_spec)
        return clean_text(text) if isinstance(value, str) else text


def format_usd(amount: Decimal | float, minus: str = "-", plus: str = "") -> str:
    """Return an amount in dollars and cents; where cents would say nothing, its first two digits.

    minus, plus: what stands before an amount below and above 0.
    """
    exact = Decimal(amount)
    size = abs(exact)
    if 0 < size < _LEAST_USD:
        # A sign before "less than" would say the opposite of what is meant.
        return f"<${_LEAST_USD:f}"
    places = 2 if size == 0 or size >= _CENTS_FROM_USD else 1 - size.adjusted()
    sign = minus if exact < 0 else plus if exact > 0 else ""
    return f"{sign}${size:,.{places}f}"


def format_count(count: int, noun: str) -> str:
    """Return a number with its noun, singular or plural; the noun's plural ends in s."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def format_duration(seconds: float) -> str:
    """Return a duration in the unit that a person would choose."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.4g} h"


def format_list(names: Sequence[str]) -> str:
    """Return names in words, the first few one by one."""
    shown = [clean_text(name) for name in names[:MAX_LISTED]]
    if len(names) > MAX_LISTED:
        shown.append(f"{len(names) - MAX_LISTED} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


_FORMATS: Mapping[str, Callable[[Any], str]] = {
    "usd": format_usd,
    "percent": lambda share: f"{float(share):.1%}".replace("%", " %"),
    "duration": format_duration,
    "list": format_list,
    "whole": lambda text: clean_text(text, MAX_WHOLE_CHARACTERS),
    "shell": lambda text: shlex.quote(clean_text(text, MAX_WHOLE_CHARACTERS)),
}
_SENTENCES = _SentenceFormatter()
