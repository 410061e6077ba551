"""How many requests are served at once, and for how long each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from serve.errors import Refused

RETRY_S = 2.0
"""When to come back to a server that is full: about as long as a batch takes."""


class Turns:
    """Places for requests, in work or waiting; one more is told to come back."""

    def __init__(self, places: int) -> None:
        self._free = places

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            Refused: 429, there is none.
        """
        if not self._free:
            message = "too many requests are waiting; come back later"
            raise Refused(429, "overloaded", message, retry_s=RETRY_S)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


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
