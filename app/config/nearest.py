"""The name that was probably meant. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def find_nearest(name: str, known: Iterable[str], least_likeness: float = 0.6) -> str | None:
    """Return the known name that is most like `name`, None where none is.

    A setting that stands in the wrong section is meant as well as one that is misspelt.
    """
    from difflib import get_close_matches  # here, because most configurations have no error

    names = list(known)
    key = _key_of(name)
    elsewhere = [one for one in names if _key_of(one) == key]
    close = elsewhere or get_close_matches(name, names, 1, least_likeness)
    if close:
        return close[0]
    keys = {_key_of(one): one for one in names}
    return next((keys[one] for one in get_close_matches(key, keys, 1, least_likeness)), None)


def _key_of(name: str) -> str:
    return name.rpartition(".")[2]
