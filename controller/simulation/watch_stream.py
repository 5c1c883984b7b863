"""The events of one watch as they come, over whatever wire: changes, bookmarks, and its end in time.

Belongs to the event loop that follows it; lives in that loop's time, so that tests move it.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterable

from controller.simulation.api.json_objects import JsonObject
from controller.simulation.api.requests import ApiRequest
from controller.simulation.api.status_errors import ApiError
from controller.simulation.api.watches import WatchCursor, error_event

BOOKMARK_INTERVAL_S = 60.0
DEFAULT_WATCH_S = 1800.0
"""How long a watch without timeoutSeconds lives; the real server draws between 30 and 60 minutes."""


async def stream_events(
    cursor: WatchCursor,
    initial: Iterable[JsonObject],
    request: ApiRequest,
    waiting: list[asyncio.Event],
    time_scale: float = 1.0,
    is_stopping: Callable[[], bool] = lambda: False,
) -> AsyncGenerator[JsonObject, None]:
    """Yield events until the watch's time is over, it is too old to go on, or the server stops.

    Args:
        initial: what `cursor.begin` returned when the watch was opened.
        waiting: where the cluster's changes are announced: each event in it is set by every change, in the order in
            which the watches began: what runs again from a seed must not depend on where objects lie in memory.
        time_scale: virtual seconds per second of the loop; a watch lives, and bookmarks come, in virtual time.
    """
    loop = asyncio.get_running_loop()
    wants_bookmarks = request.is_true("allowWatchBookmarks")
    ends_at = loop.time() + float(request.query.get("timeoutSeconds") or DEFAULT_WATCH_S) / time_scale
    interval_s = BOOKMARK_INTERVAL_S / time_scale if wants_bookmarks else math.inf
    bookmark_at = loop.time() + interval_s
    changed = asyncio.Event()
    waiting.append(changed)
    try:
        for event in initial:
            yield event
        while not is_stopping():
            changed.clear()
            for event in cursor.take_events():
                yield event
            if not changed.is_set():
                await _wait(changed, min(bookmark_at, ends_at))
            is_over = loop.time() >= ends_at
            if wants_bookmarks and (is_over or loop.time() >= bookmark_at):
                # The end of its time is the normal end of a watch, announced by a last bookmark.
                bookmark_at = loop.time() + interval_s
                if (bookmark := cursor.take_bookmark()) is not None:
                    yield bookmark
            if is_over:
                return
    except ApiError as error:
        yield error_event(error)
    finally:
        waiting.remove(changed)


async def _wait(changed: asyncio.Event, until: float) -> None:
    try:
        async with asyncio.timeout_at(until):
            await changed.wait()
    except TimeoutError:
        pass  # a bookmark is due, or the end
