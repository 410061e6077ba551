"""Pictures to programs, many requests at a time."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import ray.serve
from PIL.Image import Image

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.models.generate import Generator
from serve.config import ServeConfig


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request wants from the model."""

    images: tuple[Image, ...]
    """Pictures of one part."""
    n: int
    """How many programs."""
    max_new_tokens: int
    temperature: float
    seed: int | None
    """Null: another sample every time."""

    @property
    def batch(self) -> Hashable:
        """Asks of one batch can be answered in one call.

        A seeded sample depends on what is drawn before it in the same call, so it gets its own.
        """
        alone = id(self) if self.temperature > 0 and self.seed is not None else None
        return self.max_new_tokens, self.temperature, alone


class ProgramGenerator:
    """Holds the model and answers whoever is waiting in one batch."""

    def __init__(self, config: ServeConfig) -> None:
        self._prompt = config.prompt
        self._model = Generator(
            config.checkpoint,
            GenerationConfig(
                batch_size=config.batch_size,
                max_new_tokens=config.max_new_tokens,
                gpu=config.gpu,
                cpus=config.cpus,
            ),
        )
        self.generate.set_max_batch_size(config.batch_size)

    # An answer takes a hundred milliseconds at the very least: 10 of them for company are cheap.
    @ray.serve.batch(batch_wait_timeout_s=0.01)  # type: ignore[untyped-decorator]
    async def generate(self, asks: list[Ask]) -> list[list[str]]:
        """The raw answers to each ask. Called with one ask; the batch is made by Ray Serve."""
        # In a thread, so that health checks and new requests are heard meanwhile.
        return await asyncio.to_thread(self.answer, asks)

    def answer(self, asks: Sequence[Ask]) -> list[list[str]]:
        """The raw answers to each ask, ``ask.n`` of them."""
        batches = defaultdict(list)
        for ask in asks:
            batches[ask.batch].append(ask)
        answers = {}
        for batch in batches.values():
            texts = iter(self._write(batch))
            for ask in batch:
                answers[id(ask)] = [next(texts) for _ in range(ask.n)]
        return [answers[id(ask)] for ask in asks]

    def _write(self, batch: Sequence[Ask]) -> list[str]:
        images = [ask.images for ask in batch for _ in range(ask.n)]
        first = batch[0]
        seed = secrets.randbits(63) if first.seed is None else first.seed
        # One call at a time: Ray Serve hands over a batch when the one before it is answered.
        self._model.config = self._model.config.override(
            {"max_new_tokens": first.max_new_tokens, "temperature": first.temperature}
        )
        return self._model.answer([self._prompt] * len(images), images, seed)
