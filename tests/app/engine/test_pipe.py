"""Messages cross the pipe whole, and its end is noticed."""

import io

import pytest

from app.engine.pipe import (
    EngineFailure,
    SnapshotReceiver,
    SnapshotSender,
    read_message,
    write_message,
)
from controller.clusters.fleet import WorkloadKey
from controller.contract.changes import SnapshotChange
from controller.contract.commands import RequestDryRun
from controller.reasons import Code
from tests.app.scripted_engine import ScriptedEngine


def test_messages_arrive_whole_and_in_order():
    stream = io.BytesIO()
    sent = [
        RequestDryRun(WorkloadKey("a", "b", "c"), "d"),
        EngineFailure(Code.ENGINE_ENDED.because(exit_code=-9)),
    ]
    for message in sent:
        write_message(stream, message)
    stream.seek(0)
    assert [read_message(stream), read_message(stream)] == sent
    with pytest.raises(EOFError):
        read_message(stream)


def test_half_a_message_is_the_end():
    stream = io.BytesIO()
    write_message(stream, EngineFailure(Code.ENGINE_ENDED.because(exit_code=-9)))
    with pytest.raises(EOFError):
        read_message(io.BytesIO(stream.getvalue()[:-1]))


def test_window_gets_every_snapshot_whole_although_only_differences_are_sent():
    engine, sender, receiver = ScriptedEngine(), SnapshotSender(), SnapshotReceiver()
    stream, sent = io.BytesIO(), []
    for _ in range(4):
        engine.advance(3.0)
        sent.append(engine.snapshot())
        write_message(stream, sender.encode(sent[-1]))
    stream.seek(0)

    assert [receiver.decode(read_message(stream)) for _ in sent] == sent


def test_only_the_first_snapshot_goes_whole():
    engine, sender = ScriptedEngine(), SnapshotSender()
    first = engine.snapshot()

    assert sender.encode(first) is first
    assert isinstance(sender.encode(engine.snapshot()), SnapshotChange)


def test_failure_of_the_engine_passes_as_it_is():
    failure = EngineFailure(Code.ENGINE_ENDED.because(exit_code=-9))

    assert SnapshotReceiver().decode(SnapshotSender().encode(failure)) is failure


def test_difference_without_a_beginning_is_an_error():
    engine, sender = ScriptedEngine(), SnapshotSender()
    sender.encode(engine.snapshot())
    with pytest.raises(ValueError, match="before any snapshot"):
        SnapshotReceiver().decode(sender.encode(engine.snapshot()))
