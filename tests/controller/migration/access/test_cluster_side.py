"""Fresh reads of one cluster: what is not said is not known."""

from __future__ import annotations

import asyncio

import pytest

from controller.errors import ServerFailed
from controller.migration.access.cluster_side import ClusterSide
from tests.controller.clusters.fake_api import FakeApi


@pytest.mark.parametrize("uid", ["", None, 7])
def test_a_cluster_that_does_not_say_who_it_is_is_nobody(uid: object) -> None:
    """Two contexts without an identity would be one cluster, and a journal of one would be believed in the other."""
    api = FakeApi()
    api.uid = uid  # type: ignore[assignment]
    with pytest.raises(ServerFailed):
        asyncio.run(ClusterSide(api, "shop", "checkout").read_cluster_uid())
