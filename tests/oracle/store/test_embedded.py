"""The embedded server: one per user, private, durable, and gone when the program is gone, however it went."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import select
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.errors import EmbeddedServerError, StoreUnavailable, WriteRefused
from oracle.price_history import PricePoint
from oracle.quotes import Origin, PriceMode, Quote
from oracle.reasons import OracleCode
from oracle.settings import OracleSettings
from oracle.store.base import FeedMessage, HistorySample, QuoteStore
from oracle.store.embedded import EmbeddedHost
from oracle.store.remote import RemoteHost
from oracle.store.server_binary import find_server_binaries
from oracle.store.server_directories import (
    MAX_SOCKET_PATH_BYTES,
    lock_directories,
    make_server_directories,
)
from tests.oracle.fakes import NOON, VIRGINIA, make_quote

ME = "here/1/aa"
POINT = PricePoint(NOON, Decimal("0.1613"), Origin("prices.csv", PriceMode.LIVE))

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into Linux's /proc")


@asynccontextmanager
async def running(settings: OracleSettings) -> AsyncIterator[tuple[EmbeddedHost, QuoteStore]]:
    host = EmbeddedHost(settings)
    try:
        store = await host.connect()
        try:
            yield host, store
        finally:
            await store.aclose()
    finally:
        await host.aclose()


async def write(store: QuoteStore) -> None:
    lease = await store.acquire_lease(ME, 60.0, NOON)
    message = FeedMessage(lease, 1, NOON, (make_quote(life_s=3600.0),))
    await store.publish(message, [HistorySample(VIRGINIA, POINT)], NOON)


async def read_quotes(store: QuoteStore) -> tuple[Quote, ...]:
    return tuple(quote for message in (await store.read_messages()).messages for quote in message.quotes)


def find_server(settings: OracleSettings) -> int:
    """Process number of the server with our socket. Raises: LookupError."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, command = (folder / "comm").read_text(), (folder / "cmdline").read_text()
        except OSError:
            continue
        if name.startswith(("valkey-server", "redis-server")) and str(settings.runtime_directory) in command:
            return int(folder.name)
    raise LookupError("no server")


def sockets_of(process: int) -> set[str]:
    """Inode numbers of all sockets that the process has open."""
    links = [os.readlink(path) for path in Path(f"/proc/{process}/fd").iterdir()]
    return {link.removeprefix("socket:[")[:-1] for link in links if link.startswith("socket:")}


def inet_sockets_of(process: int) -> set[str]:
    """Inode numbers of all TCP sockets of the machine, as the process sees them."""
    tables = [Path(f"/proc/{process}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    return {line.split()[9] for table in tables for line in table.splitlines()[1:]}


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def wait_for_end(process: int, timeout_s: float = 10.0) -> bool:
    """Whether the process ends in time; the kernel tells."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], timeout_s)[0])
    finally:
        os.close(descriptor)


def test_everything_about_the_server_is_private(settings: OracleSettings) -> None:
    async def main() -> None:
        async with running(settings):
            directories = make_server_directories(settings)
            for path in (directories.data, directories.socket.parent, directories.socket):
                assert stat.S_IMODE(path.stat().st_mode) == 0o700

    asyncio.run(main())


@needs_proc
def test_server_listens_on_no_network(settings: OracleSettings) -> None:
    async def main() -> None:
        async with running(settings):
            server = find_server(settings)
            own, inet = sockets_of(server), inet_sockets_of(server)
            assert own
            assert not own & inet

    asyncio.run(main())


def test_history_and_last_quotes_survive_an_orderly_restart(settings: OracleSettings) -> None:
    async def main() -> None:
        async with running(settings) as (host, store):
            await write(store)
            assert host.facts.is_durable
        async with running(settings) as (_, store):
            assert await read_quotes(store) == (make_quote(life_s=3600.0),)
            assert await store.read_histories([VIRGINIA]) == ((POINT,),)

    asyncio.run(main())


@needs_proc
def test_history_and_last_quotes_survive_the_death_of_the_server(settings: OracleSettings) -> None:
    async def main() -> None:
        async with running(settings) as (host, store):
            await write(store)
            server = find_server(settings)
            os.kill(server, signal.SIGKILL)
            assert wait_for_end(server)
            with pytest.raises(StoreUnavailable):
                await read_quotes(store)
            again = await host.connect()
            assert len(await read_quotes(again)) == 1
            assert await again.read_histories([VIRGINIA]) == ((POINT,),)
            await again.aclose()

    asyncio.run(main())


def test_second_window_shares_the_server_and_says_so(settings: OracleSettings) -> None:
    async def main() -> None:
        async with running(settings) as (first, store), running(settings) as (second, other_store):
            await write(store)
            assert len(await read_quotes(other_store)) == 1
            assert not first.facts.is_shared
            assert second.facts.is_shared
            assert second.facts.is_durable
            assert second.facts.notices[0].code is OracleCode.STORE_SHARED

    asyncio.run(main())


def test_second_window_does_not_promise_a_file_that_the_first_could_not_write(
    settings: OracleSettings,
) -> None:
    make_server_directories(settings).append_only_directory.write_text("a file where its directory should be")

    async def main() -> None:
        async with running(settings) as (first, _), running(settings) as (second, _):
            assert second.facts.is_shared
            assert not first.facts.is_durable
            assert not second.facts.is_durable

    asyncio.run(main())


def test_second_window_takes_over_when_the_first_is_closed(settings: OracleSettings) -> None:
    async def main() -> None:
        first = EmbeddedHost(settings)
        store = await first.connect()
        await write(store)
        async with running(settings) as (second, shared):
            await store.aclose()
            await first.aclose()
            with pytest.raises(StoreUnavailable):
                await read_quotes(shared)
            own = await second.connect()
            assert len(await read_quotes(own)) == 1
            assert not second.facts.is_shared
            await own.aclose()

    asyncio.run(main())


PROGRAM = """
import asyncio, sys
from oracle.settings import OracleSettings
from oracle.store.embedded import EmbeddedHost

async def main():
    host = EmbeddedHost(OracleSettings(data_directory=sys.argv[1], runtime_directory=sys.argv[2]))
    await host.connect()
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@contextmanager
def other_program(settings: OracleSettings) -> Iterator[subprocess.Popen[str]]:
    """A program of its own with its own embedded server, up and running."""
    directories = (str(settings.data_directory), str(settings.runtime_directory))
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *directories],
        stdout=subprocess.PIPE,
        text=True,
        # Under nohup the tests, and all that they start, would ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        yield program
    finally:
        program.kill()
        program.communicate()


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_no_server_is_left_behind_however_the_program_dies(
    settings: OracleSettings, number: signal.Signals
) -> None:
    with other_program(settings) as program:
        server = find_server(settings)
        program.send_signal(number)
        assert wait_for_end(server)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody watches the watchdog")
def test_server_does_not_outlive_its_watchdog(settings: OracleSettings) -> None:
    with other_program(settings):
        server = find_server(settings)
        os.kill(parent_of(server), signal.SIGKILL)
        assert wait_for_end(server)


@needs_proc
def test_data_directory_stays_locked_until_the_orphaned_server_has_ended(settings: OracleSettings) -> None:
    """Two servers on one file would destroy it, so the lock belongs to the server and not to the dead program."""

    async def main() -> None:
        with other_program(settings) as program:
            server = find_server(settings)
            os.kill(server, signal.SIGSTOP)  # it cannot obey the order to end
            program.kill()
            program.wait()
            host = EmbeddedHost(settings)
            store = await host.connect()
            assert host.facts.is_shared
            await store.aclose()
            os.kill(server, signal.SIGCONT)
            assert wait_for_end(server)
            store = await host.connect()
            assert not host.facts.is_shared
            await store.aclose()
            await host.aclose()

    asyncio.run(main())


def test_damaged_file_is_set_aside_and_said(settings: OracleSettings) -> None:
    async def main() -> None:
        async with running(settings) as (_, store):
            await write(store)
        folder = make_server_directories(settings).append_only_directory
        (increments,) = folder.glob("*.incr.aof")
        increments.write_bytes(b"junk" + increments.read_bytes())
        async with running(settings) as (host, store):
            assert await read_quotes(store) == ()
            assert host.facts.is_durable
            assert host.facts.notices[0].code is OracleCode.STORE_SET_ASIDE
            assert (folder.parent / "appendonlydir.damaged-1").is_dir()

    asyncio.run(main())


@needs_proc
def test_file_cut_short_by_a_crash_is_read_as_far_as_it_goes(settings: OracleSettings) -> None:
    async def main() -> None:
        async with running(settings) as (_, store):
            await write(store)
            await store.register_bindings(ME, (), NOON)
        folder = make_server_directories(settings).append_only_directory
        (increments,) = folder.glob("*.incr.aof")
        increments.write_bytes(increments.read_bytes()[:-10])
        async with running(settings) as (_, store):
            assert len(await read_quotes(store)) == 1

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux's prlimit")
def test_full_disk_is_said_and_forgotten_when_there_is_space_again(settings: OracleSettings) -> None:
    async def write_until_refused(store: QuoteStore) -> None:
        for _ in range(100):
            await write(store)

    async def write_until_accepted(store: QuoteStore) -> None:
        while True:
            try:
                await write(store)
            except WriteRefused:
                await asyncio.sleep(0.02)  # the server tries its file again ten times a second
            else:
                return

    async def main() -> None:
        async with running(settings) as (_, store):
            await write(store)
            server = find_server(settings)
            limits = resource.prlimit(server, resource.RLIMIT_FSIZE)
            resource.prlimit(server, resource.RLIMIT_FSIZE, (1500, limits[1]))
            with pytest.raises(WriteRefused, match="free some space"):
                await write_until_refused(store)
            assert len(await read_quotes(store)) == 1
            resource.prlimit(server, resource.RLIMIT_FSIZE, limits)
            async with asyncio.timeout(10.0):
                await write_until_accepted(store)

    asyncio.run(main())


def test_without_a_data_directory_prices_are_served_and_the_loss_is_said(settings: OracleSettings) -> None:
    blocked = Path(str(settings.data_directory))
    blocked.write_text("a file where the directory should be")

    async def main() -> None:
        async with running(settings) as (host, store):
            await write(store)
            assert len(await read_quotes(store)) == 1
            assert not host.facts.is_durable
            assert "forgotten at the end" in str(host.facts.notices[0])

    asyncio.run(main())


@pytest.mark.parametrize("name", ["store.lock", "store.log"])
def test_where_a_file_cannot_be_written_prices_are_served_and_the_loss_is_said(
    settings: OracleSettings, name: str
) -> None:
    """As on a read-only disk, or after a run as another user. A directory in its place stops root as well."""
    (make_server_directories(settings).data / name).mkdir()

    async def main() -> None:
        async with running(settings) as (host, store):
            await write(store)
            assert len(await read_quotes(store)) == 1
            assert not host.facts.is_durable
            assert not host.facts.is_shared
            assert re.search(f"forgotten at the end: .*{name} cannot be written", str(host.facts.notices[0]))
            kept = Path(host.facts.location.rpartition(" at ")[2])
        assert not kept.parent.exists()

    asyncio.run(main())


def test_lock_is_free_again_where_the_log_cannot_be_written(settings: OracleSettings) -> None:
    directories = make_server_directories(settings)
    directories.log.mkdir()
    with pytest.raises(EmbeddedServerError):
        lock_directories(directories)
    directories.log.rmdir()
    descriptor = lock_directories(directories)
    assert descriptor is not None
    os.close(descriptor)


def test_what_stands_in_the_way_of_the_start_is_named(settings: OracleSettings) -> None:
    directories = make_server_directories(settings)
    directories.socket.mkdir()

    async def main() -> None:
        host = EmbeddedHost(settings)
        with pytest.raises(EmbeddedServerError, match=r"store\.sock: .*check its permissions"):
            await host.connect()
        await host.aclose()

    asyncio.run(main())


def test_long_directories_get_a_short_socket(settings: OracleSettings, tmp_path: Path) -> None:
    directories = make_server_directories(replace(settings, runtime_directory=str(tmp_path / ("x" * 120))))
    assert len(os.fsencode(directories.socket)) <= MAX_SOCKET_PATH_BYTES
    shutil.rmtree(directories.socket.parent)


def test_directory_open_to_others_is_closed(settings: OracleSettings) -> None:
    data = Path(str(settings.data_directory))
    data.mkdir(mode=0o755)
    make_server_directories(settings)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_link_in_the_place_of_a_directory_is_refused(settings: OracleSettings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    Path(str(settings.data_directory)).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EmbeddedServerError, match="no directory of yours"):
        make_server_directories(settings)


def broken_server(folder: Path) -> Path:
    path = folder / "redis-server"
    path.write_text("#!/bin/sh\necho it needs a newer libc\nexit 1\n")
    path.chmod(0o755)
    return path


def test_next_server_program_is_tried_when_one_does_not_run(
    settings: OracleSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = [broken_server(tmp_path), *find_server_binaries()]
    monkeypatch.setattr("oracle.store.embedded.find_server_binaries", lambda: iter(programs))

    async def main() -> None:
        async with running(settings) as (host, store):
            await write(store)
            assert host.facts.is_durable
            assert "newer libc" in str(host.facts.notices[0])

    asyncio.run(main())


def test_server_that_never_runs_is_an_error_with_its_words(
    settings: OracleSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = [broken_server(tmp_path)]
    monkeypatch.setattr("oracle.store.embedded.find_server_binaries", lambda: iter(programs))

    async def main() -> None:
        host = EmbeddedHost(settings)
        with pytest.raises(EmbeddedServerError, match="newer libc"):
            await host.connect()
        await host.aclose()

    asyncio.run(main())


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server program is bundled or installed."""
    monkeypatch.setattr("oracle.store.embedded.find_server_binaries", lambda: iter(()))


@pytest.fixture
def in_memory(no_server: None) -> None:
    """The store is in the memory of this program."""
    pytest.importorskip("fakeredis", reason="fakeredis is only installed where no server program is bundled")


@pytest.mark.usefixtures("no_server")
def test_without_any_server_program_the_advice_is_what_to_install(
    settings: OracleSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fakeredis", None)

    async def main() -> None:
        with pytest.raises(EmbeddedServerError, match="install one of them, or use --redis"):
            await EmbeddedHost(settings).connect()

    asyncio.run(main())


@pytest.mark.usefixtures("in_memory")
def test_without_any_server_program_the_store_is_in_memory_and_says_so(settings: OracleSettings) -> None:

    async def main() -> None:
        async with running(settings) as (host, store):
            batches = store.subscribe()
            await anext(batches)
            await write(store)
            assert len((await anext(batches)).messages) == 1
            assert await store.read_histories([VIRGINIA]) == ((POINT,),)
            assert not host.facts.is_durable
            assert "forgotten at the end" in str(host.facts.notices[0])
            await batches.aclose()

    asyncio.run(main())


@pytest.mark.usefixtures("in_memory")
def test_prices_that_another_user_writes_into_the_memory_of_this_program_do_not_count(
    settings: OracleSettings,
) -> None:
    """Every program of the machine can connect to loopback, and the store of our own is believed as it is."""

    async def main() -> None:
        async with running(settings) as (host, store):
            await write(store)
            address = host.facts.location.rpartition(" ")[2]
            theirs = await RemoteHost(address, settings).connect()
            await write(theirs)
            assert len((await theirs.read_messages()).messages) == 1, "it was there to be read"
            batch = await store.read_messages()
            assert (batch.messages, batch.garbled) == ((), (OracleCode.MESSAGE_FOREIGN.because(),))
            await theirs.aclose()

    asyncio.run(main())
