"""Looking at how the service stands, from a running server: one look at a time, and never waited for in vain.

It has a thread and connections of its own: that all others are busy must not make the service look ill.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from service.operations.condition import Condition

#: Orchestrators give up on a probe after a few seconds; it must have been answered by then.
_SECONDS = 2.0


class Unknown(Exception):
    """The database did not tell in time, or at all; the message says which, and nothing of what it said."""


class Watch:
    """Looks when asked; who asks while another one is looking is told the same."""

    def __init__(self, look: Callable[[], Condition], patience: float = _SECONDS) -> None:
        self._look = look
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._looking: asyncio.Future[Condition] | None = None
        self.ending = False

    async def condition(self) -> Condition:
        """The condition of this moment; raises Unknown where it can't be had, and SchemaError where it is no use."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().run_in_executor(self._thread, self._look)
            # One that nobody waits for any more ends without a line in the log.
            self._looking.add_done_callback(lambda looked: looked.cancelled() or looked.exception())
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.shield(self._looking)
        except TimeoutError:
            raise Unknown("the database does not answer in time") from None
        except SQLAlchemyError as fault:
            raise Unknown("the database cannot be reached") from fault

    def end(self) -> None:
        """From now on the service is being stopped."""
        self.ending = True

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
