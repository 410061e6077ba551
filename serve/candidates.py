"""The programs of one request, from the model's first token to what the last one builds.

Each program is built as soon as it is written, while the model is still busy with the others; those
that say the same are built once. One that fails is asked for again, where that is wanted. A replica
that dies takes nothing with it: what it was at work on is asked of another one, which writes and
builds the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Self

from ray.exceptions import RayActorError
from ray.serve.handle import DeploymentHandle

from cadvlm.codegen.answer import program_text
from cadvlm.errors import InputError
from cadvlm.records import CadProgram
from cadvlm.scoring.agreement import Picture
from serve.builder import Built
from serve.correction import correction
from serve.generator import Ask, Written
from serve.selection import Choice, Tried, select


class Piece(NamedTuple):
    """A few letters of a program that is being written."""

    number: int
    """Of the program."""
    text: str


TRIES = 3
"""Replicas that may die of one request before it counts as the cause."""


async def asked(builder: DeploymentHandle, method: str, *arguments: object) -> Any:
    """What a builder answers, or another one where it died of something else."""
    for left in reversed(range(TRIES)):
        response = getattr(builder, method).remote(*arguments)
        try:
            return await response
        except RayActorError:
            if not left:
                raise
        except asyncio.CancelledError:
            response.cancel()
            raise
    return None  # never: the last try returns or raises


class Candidates:
    """Use as a context: whatever still runs at its end is called off."""

    def __init__(
        self,
        ask: Ask,
        pictures: Sequence[Picture],
        generator: DeploymentHandle,
        builder: DeploymentHandle,
        corrections: int = 0,
    ) -> None:
        self._ask, self._pictures = ask, tuple(pictures)
        self._generator, self._builder = generator, builder
        self._corrections = corrections
        self._corrected: list[Candidates] = []
        self._builds: dict[str, asyncio.Task[Built]] = {}
        self._digests: dict[int, str] = {}
        self._started = time.monotonic()
        self._num_read = 0
        self._num_written: dict[int, int] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for build in self._builds.values():
            build.cancel()

    @property
    def elapsed_s(self) -> float:
        """Since the request was understood."""
        return time.monotonic() - self._started

    @property
    def num_read(self) -> int:
        """Tokens of the question, and of those about what failed."""
        return self._num_read + sum(again.num_read for again in self._corrected)

    @property
    def num_written(self) -> int:
        """Tokens of all programs."""
        again = sum(again.num_written for again in self._corrected)
        return sum(self._num_written.values()) + again

    def ended(self, number: int) -> str:
        """Why a program ends, in OpenAI's words."""
        full = self._num_written[number] >= self._ask.how[number].max_new_tokens
        return "length" if full else "stop"

    async def write(self) -> None:
        """Write all programs; see :meth:`pieces`."""
        async for _ in self.pieces():
            pass

    async def pieces(self) -> AsyncIterator[Piece]:
        """Write all programs. Of a streamed ask, what is new of them, as it comes.

        Raises:
            InputError: the prompt is not one that the model can read.
        """
        told = dict.fromkeys(self._ask.how, 0)
        for left in reversed(range(TRIES)):
            seen = dict.fromkeys(self._ask.how, 0)
            try:
                async for written in self._written():
                    self._num_read = written.num_read
                    if written.finished:
                        self._add(written)
                        continue
                    seen[written.number] += len(written.text)
                    new = seen[written.number] - told[written.number]
                    if new > 0:
                        told[written.number] += new
                        yield Piece(written.number, written.text[-new:])
                return
            except RayActorError:
                if not left:
                    raise

    async def built(self) -> list[Built]:
        """All programs, once they were run, in their order."""
        await asyncio.gather(*self._builds.values())
        return [self._builds[self._digests[index]].result() for index in sorted(self._digests)]

    async def _written(self) -> AsyncIterator[Written]:
        """What a replica writes of the programs that are missing."""
        missing = {i: how for i, how in self._ask.how.items() if i not in self._digests}
        response = self._generator.options(stream=True).write.remote(
            replace(self._ask, how=missing)
        )
        try:
            async for written in response:
                yield written
        finally:
            response.cancel()  # of no effect once it is over

    def _add(self, written: Written) -> None:
        program = CadProgram(program_text(written.text))
        self._num_written[written.number] = written.num_written
        self._digests[written.number] = program.digest
        if program.digest not in self._builds:
            self._builds[program.digest] = asyncio.create_task(self._build(written.number, program))

    async def _build(self, number: int, program: CadProgram) -> Built:
        built: Built = await asked(self._builder, "build", program, self._pictures)
        if built.solid is not None or not self._corrections:
            return built
        better = await self._correct(number, built)
        if better is None or better.solid is None:
            return built
        return replace(better, changes=(f"written again: {built.error}", *better.changes))

    async def _correct(self, number: int, built: Built) -> Built | None:
        """What another try comes to; None where the model cannot read what is wrong."""
        prompt, how = correction(self._ask.prompt, built), {0: self._ask.how[number]}
        again = Candidates(
            replace(self._ask, prompt=prompt, how=how, streamed=False),
            self._pictures,
            self._generator,
            self._builder,
            self._corrections - 1,
        )
        self._corrected.append(again)
        async with again:
            try:
                await again.write()
            except InputError:
                return None
            [better] = await again.built()
        return better


def choose(builds: Sequence[Built]) -> Choice:
    """The answer among them."""
    return select(
        [Tried(built.program.digest, built.solid is not None, built.agreement) for built in builds]
    )
