"""The scripts of packaging/ import one another by name, as a script finds what lies beside it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))
