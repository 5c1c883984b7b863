"""Messages cross the pipe whole, and its end is noticed."""

import io

import pytest

from app.engine.pipe import EngineFailure, read_message, write_message
from controller.clusters.fleet import WorkloadKey
from controller.contract.commands import RequestDryRun


def test_messages_arrive_whole_and_in_order():
    stream = io.BytesIO()
    sent = [RequestDryRun(WorkloadKey("a", "b", "c"), "d"), EngineFailure("why")]
    for message in sent:
        write_message(stream, message)
    stream.seek(0)
    assert [read_message(stream), read_message(stream)] == sent
    with pytest.raises(EOFError):
        read_message(stream)


def test_half_a_message_is_the_end():
    stream = io.BytesIO()
    write_message(stream, EngineFailure("why"))
    with pytest.raises(EOFError):
        read_message(io.BytesIO(stream.getvalue()[:-1]))
