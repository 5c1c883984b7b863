"""Tasks end although a library swallows their cancellation."""

import asyncio

from oracle.foundation.running import end_tasks, run_until_one_ends


async def swallow_first_cancellation(log):
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        log.append("swallowed")
    await asyncio.Event().wait()


def test_task_that_swallows_a_cancellation_is_cancelled_again():
    async def scenario():
        log = []
        task = asyncio.create_task(swallow_first_cancellation(log))
        await asyncio.sleep(0)
        await end_tasks({task}, retry_s=0)
        return log, task.cancelled()

    assert asyncio.run(scenario()) == (["swallowed"], True)


def test_error_of_one_ends_the_others_and_is_passed_on():
    async def fail():
        raise OSError("gone")

    async def scenario():
        log = []
        try:
            await run_until_one_ends(swallow_first_cancellation(log), fail())
        except OSError as error:
            return str(error), len(asyncio.all_tasks())

    assert asyncio.run(scenario()) == ("gone", 1)
