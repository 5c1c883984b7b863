"""What may not be written any more when its connection stands does not leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.clusters.kube import KubeClient
from controller.clusters.kube_connection import KubeConnection
from controller.clusters.kubeconfig import KubeconfigContext, read_kubeconfig
from controller.clusters.settings import KubeSettings
from controller.errors import ClusterUnreachable, ControllerError, NotArmed
from controller.migration.protocol.errors import LeaseUncertain
from tests.controller.clusters.clients import Switch
from tests.controller.clusters.serving import ApiServer, Served, serving, write_kubeconfig

PATH = "/api/v1/namespaces/shop/pods/p"
SETTINGS = KubeSettings()

Meanwhile = Callable[["Writing"], object]


def read_context(directory: Path, server: ApiServer) -> KubeconfigContext:
    return read_kubeconfig([write_kubeconfig(directory, server.url, None)]).contexts["eu"]


class Writing:
    """A DELETE to a server of its own; `meanwhile` happens while its connection is opened."""

    def __init__(self, meanwhile: Meanwhile = lambda writing: None) -> None:
        self.asked = 0
        self.now_s = 0.0
        self.may_write = True
        self.armed = Switch()
        self._meanwhile = meanwhile

    async def run(self, directory: Path, answer: Callable[[Served], Any] | None = None) -> ApiServer:
        async with serving(answer) as server:
            context = read_context(directory, server)
            connection = KubeConnection(context, SETTINGS, counting=lambda: self.now_s)
            self.client = KubeClient(context, SETTINGS, connection=connection, licence=self.armed)
            try:
                await self.client.delete(PATH, permission=self.permit)
            finally:
                await self.client.close()
            return server

    def permit(self) -> None:
        self.asked += 1
        if not self.may_write:
            raise LeaseUncertain("eu")
        if self.asked == 1:
            self._meanwhile(self)


def disarm(writing: Writing) -> None:
    writing.armed.is_on = False


def lose_lease(writing: Writing) -> None:
    writing.may_write = False


def sleep(writing: Writing) -> None:
    writing.now_s += 3600.0


@pytest.mark.parametrize(
    ("meanwhile", "error"), [(disarm, NotArmed), (lose_lease, LeaseUncertain), (sleep, ClusterUnreachable)]
)
def test_a_write_that_may_not_leave_any_more_when_it_has_its_connection_does_not(
    tmp_path: Path, meanwhile: Meanwhile, error: type[ControllerError]
) -> None:
    served: list[Served] = []
    with pytest.raises(error):
        asyncio.run(Writing(meanwhile).run(tmp_path, served.append))
    assert served == []


def test_a_write_that_may_leave_is_judged_before_it_connects_and_when_it_is_connected(tmp_path: Path) -> None:
    writing = Writing()
    server = asyncio.run(writing.run(tmp_path))
    assert [request.method for request in server.requests] == ["DELETE"]
    assert writing.asked == 2


def test_a_dry_run_needs_no_permission(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving() as server:
            client = KubeClient(read_context(tmp_path, server), SETTINGS)
            writing = Writing()
            await client.delete(PATH, dry_run=True, permission=writing.permit)
            await client.close()
            assert len(server.requests) == 1
            assert writing.asked == 0

    asyncio.run(main())


def test_one_write_is_not_judged_by_what_another_rests_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving() as server:
            client = KubeClient(read_context(tmp_path, server), SETTINGS, licence=Switch())
            refused = Writing()
            refused.may_write = False
            results = await asyncio.gather(
                client.delete(PATH),
                client.delete(PATH, permission=refused.permit),
                client.delete(PATH),
                return_exceptions=True,
            )
            await client.close()
            assert [type(result) for result in results] == [dict, LeaseUncertain, dict]
            assert len(server.requests) == 2

    asyncio.run(main())
