"""The files of recent answers, in memory, until they are old or crowded out.

Nothing touches the disk, and a key is a number drawn by the server, so no request can name a path.
The store lives in the ingress, of which there is one replica. More of them would need a store that
they share, such as a named actor or object storage; its two methods are all that the routes know.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Kept(NamedTuple):
    """One answer's files."""

    files: Mapping[str, bytes]
    size: int
    expires: float


class Artifacts:
    """Files by answer and name, least recently used first out."""

    def __init__(
        self, total_bytes: float, ttl_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total_bytes, self._ttl_s, self._clock = total_bytes, ttl_s, clock
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def put(self, id: str, files: Mapping[str, bytes]) -> None:
        """Keep an answer's files; the newest answer is kept even when it is too large alone."""
        size = sum(map(len, files.values()))
        self._kept[id] = Kept(files, size, self._clock() + self._ttl_s)
        self._forget_old()
        while len(self._kept) > 1 and self._size() > self._total_bytes:
            self._kept.popitem(last=False)

    def get(self, id: str, name: str) -> bytes | None:
        """A file's content, or None: never there, expired or crowded out."""
        self._forget_old()
        if id not in self._kept:
            return None
        self._kept.move_to_end(id)
        return self._kept[id].files.get(name)

    def _size(self) -> int:
        return sum(kept.size for kept in self._kept.values())

    def _forget_old(self) -> None:
        now = self._clock()
        for id in [id for id, kept in self._kept.items() if kept.expires <= now]:
            del self._kept[id]
