"""What runs beside the requests of a web process, from its start to its stop."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

logger = logging.getLogger(__name__)
Background = Callable[[], Awaitable[None]]


class Lifespan:
    """The ASGI lifespan application: starts every background coroutine, and cancels and awaits them at shutdown."""

    def __init__(self, background: list[Background]) -> None:
        self.background = background

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        tasks: list[asyncio.Task[None]] = []
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                tasks = [asyncio.create_task(_logged(run)) for run in self.background]
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                for task in tasks:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _logged(run: Background) -> None:
    """A background coroutine that fails must be seen, not swallowed with its task."""
    try:
        await run()
    except asyncio.CancelledError:
        raise
    except Exception:
        logger.exception("%s stopped", getattr(run, "__qualname__", run))
