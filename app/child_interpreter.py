"""How another Python of ours is started: it imports what we import, and nothing from the folder that a person is in.

Python puts the working directory on the search path of `-m` and `-c`, and PYTHONPATH may name it. A folder with an
`app/` or a `numpy.py` of its own, such as a downloaded repository, would then run inside our process, beside the
credentials of clusters. So a child is isolated (`-I`: no working directory, no PYTHON* variables, no user's site)
and is told its search path in so many words. A frozen program needs none of it: its bootloader isolates by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

_START = "import sys; sys.path[:] = {path!r}; from app.__main__ import main; sys.exit(main())"


def child_command(executable: str, search_path: Sequence[str], options: Iterable[str]) -> list[str]:
    """Return the command line that runs this program with `options`, importing from `search_path` alone."""
    return [executable, "-I", "-c", _START.format(path=list(search_path)), *options]


def trusted_search_path(search_path: Iterable[str], own_root: str, working_directory: str) -> tuple[str, ...]:
    """Return where a child may import from: first the folder of our packages, then what the parent searches.

    The working directory is left out, unless our packages are there; so is every relative entry, which would mean it.
    """
    places = (own_root, *(entry for entry in search_path if PurePath(entry).is_absolute()))
    return tuple(dict.fromkeys(place for place in places if place == own_root or place != working_directory))
