"""Pictures to programs, many requests at a time.

Whoever is waiting is answered in one batch, each program written in its own way (length,
temperature, seed). A program that is finished is handed over while the others are still being
written; one that nobody waits for any more is left off.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL.Image import Image

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.errors import InputError
from cadvlm.models.sampling import Sampling
from serve.config import ServeConfig, Weights

if TYPE_CHECKING:  # whoever only asks need not load torch
    from cadvlm.models.collate import Encoded
    from cadvlm.models.generate import Generator

GATHER_S = 0.01
"""Waited for company: an answer takes a hundred milliseconds at the very least."""

UNDECODED = "\N{REPLACEMENT CHARACTER}"
"""What the first bytes of a letter are until its last one has come."""


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """What one request wants from the model."""

    prompt: str
    images: tuple[Image, ...]
    """Pictures of one part."""
    how: Mapping[int, Sampling]
    """One for each program, by its number in the answer."""
    adapter: str | None = None
    """Which one of the checkpoint's; None: the weights as they are."""
    streamed: bool = False
    """Whether to hear of pieces before a program is finished."""


class Written(NamedTuple):
    """What there is of a program."""

    number: int
    """Of the program, in the answer."""
    text: str
    """The next piece, or the whole raw answer."""
    finished: bool
    num_read: int = 0
    """Tokens of the question."""
    num_written: int = 0
    """Tokens of the answer, so far."""


@dataclass(slots=True, eq=False)
class _Row:
    """One program in the making."""

    ask: Ask
    number: int
    tell: Callable[[Written | Exception], None]
    """May be called from any thread."""
    wanted: bool = True
    num_read: int = 0
    tokens: list[int] = field(default_factory=list)
    told: int = 0
    """Letters that were told as pieces."""

    def hear(self, token: int, last: bool, decode: Callable[[Sequence[int]], str]) -> bool:
        """Take the next token; see :data:`cadvlm.models.sampling.Hear`."""
        self.tokens.append(token)
        if self.ask.streamed or last:
            text, counts = decode(self.tokens), (self.num_read, len(self.tokens))
            if self.ask.streamed and (last or not text.endswith(UNDECODED)):
                self.tell(Written(self.number, text[self.told :], False, *counts))
                self.told = len(text)
            if last:
                self.tell(Written(self.number, text, True, *counts))
        return self.wanted


async def until_finished(
    heard: asyncio.Queue[Written | Exception], programs: int
) -> AsyncIterator[Written]:
    """What is heard of so many programs until the last one is finished; raises what it hears."""
    while programs:
        news = await heard.get()
        if isinstance(news, Exception):
            raise news
        programs -= news.finished
        yield news


class ProgramGenerator:
    """Holds the model, and answers whoever is waiting in one batch."""

    def __init__(self, config: ServeConfig) -> None:
        self._config = config
        self._model: Generator | None = None
        self._at_work = asyncio.Lock()
        self._waiting: asyncio.Queue[_Row] = asyncio.Queue()
        self._work: asyncio.Task[None] | None = None

    async def reconfigure(self, weights: Mapping[str, Any]) -> None:
        """Open a checkpoint with its adapters; Ray Serve calls it at the start and ever after.

        What is being written is finished with the weights before; whoever waits gets the new ones.
        """
        opened = Weights.parse(weights)
        # Not beside a batch: while transformers loads, new tensors are of the checkpoint's type.
        async with self._at_work:
            self._model = await asyncio.to_thread(_open, self._config, opened)

    async def write(self, ask: Ask) -> AsyncIterator[Written]:
        """Each program as soon as it is finished, in any order; pieces before it where asked for.

        To stop listening is to stop the writing.

        Raises:
            InputError: the prompt is not one that the model can read.
        """
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())
        loop = asyncio.get_running_loop()
        heard: asyncio.Queue[Written | Exception] = asyncio.Queue()

        def tell(news: Written | Exception) -> None:
            loop.call_soon_threadsafe(heard.put_nowait, news)

        rows = [_Row(ask, number, tell) for number in ask.how]
        try:
            for row in rows:
                self._waiting.put_nowait(row)
            async for written in until_finished(heard, len(rows)):
                yield written
        finally:
            for row in rows:
                row.wanted = False

    async def _answer_all(self) -> None:
        while True:
            rows = [await self._waiting.get()]
            await asyncio.sleep(GATHER_S)
            while len(rows) < self._config.batch_size and not self._waiting.empty():
                rows.append(self._waiting.get_nowait())
            by_adapter: dict[str | None, list[_Row]] = {}
            for row in rows:
                if row.wanted:
                    by_adapter.setdefault(row.ask.adapter, []).append(row)
            for batch in by_adapter.values():
                async with self._at_work:
                    # In a thread, so that health checks and new requests are heard meanwhile.
                    await asyncio.to_thread(self._answer, batch)

    def _answer(self, rows: Sequence[_Row]) -> None:
        try:
            self._write(rows)
        except Exception as error:  # of this batch: the next one is none the worse for it
            for row in rows:
                row.tell(error)

    def _write(self, rows: Sequence[_Row]) -> None:
        model, adapter = self._loaded(), rows[0].ask.adapter
        if adapter is not None and adapter not in model.adapters:
            raise InputError(f"model: {adapter} is no longer served")
        questions = self._read({row.ask for row in rows})
        batch: list[tuple[_Row, Encoded]] = []
        for row in rows:
            question = questions[row.ask]
            if isinstance(question, InputError):
                row.tell(question)
            else:
                row.num_read = question.length
                batch.append((row, question))
        if not batch:
            return

        def hear(place: int, token: int, last: bool) -> bool:
            return batch[place][0].hear(token, last, model.decode)

        model.use(adapter)
        model.write(
            [question for _, question in batch],
            [row.ask.how[row.number] for row, _ in batch],
            hear,
        )

    def _loaded(self) -> Generator:
        assert self._model is not None, "Ray Serve calls reconfigure before it lets anybody in"
        return self._model

    def _read(self, asks: Collection[Ask]) -> dict[Ask, Encoded | InputError]:
        """What the model makes of each; one that it cannot read is no fault of the others."""
        questions: dict[Ask, Encoded | InputError] = {}
        for ask in asks:
            try:
                [questions[ask]] = self._loaded().encode([ask.prompt], [ask.images])
            except InputError as refusal:
                questions[ask] = refusal
        return questions


def _open(config: ServeConfig, weights: Weights) -> Generator:
    from cadvlm.models.generate import Generator

    generation = GenerationConfig(
        batch_size=config.batch_size,
        max_new_tokens=config.max_new_tokens,
        gpu=config.gpu,
        cpus=config.cpus,
    )
    model = Generator(weights.checkpoint, generation)
    for name, folder in weights.adapters.items():
        model.add_adapter(name, folder)
    return model
