"""How many requests are served at once, and for how long each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from serve.errors import Refused

RETRY_S = 2.0
"""When to come back to a server that is full: about as long as a batch takes."""


class Turns:
    """Places for requests, in work or waiting; one more is told to come back."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._over = asyncio.Event()
        self.taken = 0
        """How many are held."""
        self.closed = False
        """Whether nobody is let in any more."""

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            Refused: 429, there is none; 503, there will be none.
        """
        if self.closed:
            raise Refused(503, "draining", "the server is about to stop", retry_s=RETRY_S)
        if self.taken == self._places:
            message = "too many requests are waiting; come back later"
            raise Refused(429, "overloaded", message, retry_s=RETRY_S)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            if not self.taken:
                self._over.set()

    async def drain(self, most_s: float) -> int:
        """Let nobody in any more, and wait for those inside, at most so many seconds; how many are
        left then."""
        self.closed = True
        if self.taken:
            self._over.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), most_s)
        return self.taken


@asynccontextmanager
async def within(budget_s: float) -> AsyncIterator[None]:
    """Call off what is inside when it takes longer.

    Raises:
        Refused: 504, it did.
    """
    try:
        async with asyncio.timeout(budget_s):
            yield
    except TimeoutError:
        raise Refused(504, "timeout", f"not answered within {budget_s:g} s") from None
