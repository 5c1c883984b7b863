"""Which real servers the statements of this suite were seen on: on all of them, every statement."""

from __future__ import annotations

from tests.controlplane.versions import KUBERNETES

SEEN_ON = {"v1.36.3", "v1.37.2"}


def test_every_pinned_release_was_looked_at() -> None:
    """Who pins another one runs the real half on it, mends what differs, and writes it down here."""
    assert {f"v{recipe.version}" for recipe in KUBERNETES.values()} == SEEN_ON
