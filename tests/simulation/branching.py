"""A simulation that branches: at each await a copy of it goes its own way, so that what came before runs once only.

The copy is a child process (`os.fork`): it has the same clusters, journals and chances up to that await, and what is
to happen there happens in it alone. It ends as the run does to which it happens at this await, and takes no other.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import select
import sys
from collections.abc import Callable, Container
from typing import Generic, NoReturn, TypeVar

Result = TypeVar("Result")


class BranchFailed(Exception):
    """A copy ended without a result."""


class Branches(Generic[Result]):
    """The copies of one simulation, at most `workers` at once; their results go to `receive`, with their await."""

    def __init__(self, steps: Container[int], workers: int, receive: Callable[[int, Result], None]) -> None:
        self._steps, self._workers, self._receive = steps, workers, receive
        #: The pipe of each copy that runs -> its await and its process.
        self._running: dict[int, tuple[int, int]] = {}
        #: In a copy: where its result goes.
        self._out: int | None = None

    def is_due(self, step: int) -> bool:
        """Whether it happens now: never in the trunk, and once in each copy. Called at every await of the trunk."""
        if self._out is not None or step not in self._steps:
            return False
        while len(self._running) >= self._workers:
            self._await_one()
        sys.stdout.flush()
        loop = asyncio.get_running_loop()
        read_end, write_end = os.pipe()
        process = os.fork()
        if process:
            os.close(write_end)
            self._running[read_end] = (step, process)
            return False
        os.close(read_end)
        self._out = write_end
        asyncio._set_running_loop(loop)  # asyncio takes the loop of another process for none
        return True

    def end(self, result: Result) -> None:
        """At the end of the run: a copy hands its result over and is gone, the trunk waits for all its copies."""
        if self._out is not None:
            self._hand_over(result, self._out)
        while self._running:
            self._await_one()

    @staticmethod
    def _hand_over(result: Result, out: int) -> NoReturn:
        with os.fdopen(out, "wb") as file:
            pickle.dump(result, file)
        # Without the interpreter's end: it would close the coroutines of the dead, and the trunk's files.
        os._exit(0)

    def _await_one(self) -> None:
        ready, _, _ = select.select(list(self._running), (), ())
        step, process = self._running.pop(ready[0])
        with os.fdopen(ready[0], "rb") as file:
            sent = file.read()
        _, status = os.waitpid(process, 0)
        if status or not sent:
            raise BranchFailed(f"at await {step}: the copy ended with {os.waitstatus_to_exitcode(status)}")
        self._receive(step, pickle.loads(sent))
