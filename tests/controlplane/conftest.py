"""Leaves these tests out on Windows, which has neither process groups nor the signals that they send."""

import sys

collect_ignore_glob = ["test_*.py"] if sys.platform == "win32" else []
