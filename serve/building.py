"""Programs to solids, many requests at a time.

A replica takes many and lets them wait for their turn here. The router, which would keep them
otherwise, asks a busy replica again only every half second, longer than most programs take.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cadvlm.config.execution import Limits
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.scoring.agreement import Picture
from serve.builder import Builder, Built

TAKEN = 64
"""Programs in work or waiting here; the router keeps the rest, for whichever replica has room."""

AT_WORK = 2
"""One in the sandbox, and one that is compared with its picture meanwhile."""


class ProgramBuilder:
    """A :class:`Builder` that stays responsive: turns are asked for in order, work is in threads.

    Whoever stops waiting before a turn has come costs nothing.
    """

    def __init__(self, limits: Limits, allow_unsafe: bool) -> None:
        self._builder = Builder(limits, allow_unsafe)
        self._turns = asyncio.Semaphore(AT_WORK)

    async def build(self, program: CadProgram, pictures: Sequence[Picture]) -> Built:
        """See :meth:`Builder.build`."""
        async with self._turns:
            return await asyncio.to_thread(self._builder.build, program, pictures)

    async def files(self, solid: Solid, view: str) -> dict[str, bytes]:
        """See :meth:`Builder.files`."""
        async with self._turns:
            return await asyncio.to_thread(self._builder.files, solid, view)
