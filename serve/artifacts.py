"""The files of recent answers, in memory, until they are old or crowded out.

Most answers are read as code by a program that never asks for a file, so files are made when the
first of an answer's is asked for, and all together. Until then its solid is kept.

Nothing touches the disk, and a key is a number drawn by the server, so no request can name a path.
The store lives in the ingress, of which there is one replica. More of them would need a store that
they share, such as a named actor or object storage; its two methods are all that the routes know.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from cadvlm.geometry.solid import Solid

Make = Callable[[Solid, str], Awaitable[Mapping[str, bytes]]]
"""Files by name, of a solid and the view that the pictures which were sent have of it."""


@dataclass(slots=True, eq=False)
class _Kept:
    """One answer's solid, or its files."""

    solid: Solid
    view: str
    expires: float
    size: int
    making: asyncio.Task[Mapping[str, bytes]] | None = None


class Artifacts:
    """Files by answer and name, least recently used first out."""

    def __init__(
        self,
        total_bytes: float,
        ttl_s: float,
        make: Make,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total_bytes, self._ttl_s, self._make, self._clock = total_bytes, ttl_s, make, clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def put(self, id: str, solid: Solid, view: str) -> None:
        """Keep an answer's solid; the newest is kept even when it is too large alone."""
        self._kept[id] = _Kept(solid, view, self._clock() + self._ttl_s, solid.nbytes)
        self._forget()

    async def get(self, id: str, name: str) -> bytes | None:
        """A file's content, or None: never there, expired or crowded out.

        Raises:
            Exception: as ``make`` does; whoever asks next has it tried again.
        """
        self._forget()
        kept = self._kept.get(id)
        if kept is None:
            return None
        self._kept.move_to_end(id)
        if kept.making is None:
            kept.making = asyncio.ensure_future(self._made(kept))
        # Others may be waiting for the same when a client goes away.
        return (await asyncio.shield(kept.making)).get(name)

    async def _made(self, kept: _Kept) -> Mapping[str, bytes]:
        try:
            files = await self._make(kept.solid, kept.view)
        except BaseException:
            kept.making = None
            raise
        kept.size = kept.solid.nbytes + sum(map(len, files.values()))
        self._forget()
        return files

    def _forget(self) -> None:
        now = self._clock()
        for id in [id for id, kept in self._kept.items() if kept.expires <= now]:
            del self._kept[id]
        while len(self._kept) > 1 and self._size() > self._total_bytes:
            self._kept.popitem(last=False)

    def _size(self) -> int:
        return sum(kept.size for kept in self._kept.values())
