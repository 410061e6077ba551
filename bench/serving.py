"""What the endpoint makes of a machine: many clients against one, and itself against its model.

    python -m bench.serving serve.checkpoint=runs/demo/train dataset=runs/demo/dataset \
        serve.max_new_tokens=64 serve.batch_size=32 grown.layers=16

Three times the same pictures of held-out parts are answered, each by one greedy program: over HTTP
one at a time; over HTTP by many clients, each asking again as soon as it has its answer; and by the
model alone, in batches as large, which is the work that cannot be saved. What running a program and
comparing it takes of one core is told beside it, and its files, which are made when they are asked
for: with a core to spare it costs no time. ``grown`` does all that
with a model that writes the same and takes the time of a larger one; see :mod:`bench.grown`.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
from PIL import Image
from pydantic import Field

from bench.grown import Size, grow
from cadvlm.codegen.answer import program_text
from cadvlm.config.base import Config
from cadvlm.config.evaluate import GenerationConfig
from cadvlm.config.execution import Limits
from cadvlm.dataset import Dataset
from cadvlm.models.generate import Generator
from cadvlm.records import CadProgram
from cluster.config import ClusterConfig
from cluster.session import session
from serve.builder import Builder
from serve.config import ServeConfig

WARM_UP = 4
"""Requests that nobody times: the first ones compile and fill caches."""


class ServingConfig(Config):
    """What is measured."""

    serve: ServeConfig
    """The endpoint; give its ``checkpoint``, and a ``batch_size`` that holds all clients."""

    dataset: str
    """The dataset folder whose test split is answered."""

    grown: Size | None = None
    """Null: the model as it is."""

    clients: int = Field(32, gt=1)
    """Who asks at the same time."""

    requests: int = Field(320, gt=0)
    """Answered for the many clients, and by the model alone."""

    alone: int = Field(40, gt=0)
    """Answered one at a time."""

    cluster: ClusterConfig = ClusterConfig(address="local")
    """Where it runs."""


class Load(NamedTuple):
    """Requests that were answered."""

    wall_s: float
    latencies_s: list[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.wall_s

    def __str__(self) -> str:
        p50, p95 = np.percentile(self.latencies_s, [50, 95])
        return f"{self.rate:8.2f} answers/s   p50 {p50:6.2f} s   p95 {p95:6.2f} s"


def main(config: ServingConfig) -> None:
    """Measure and print."""
    if config.grown is None:
        _measure(config)
        return
    with tempfile.TemporaryDirectory() as folder:
        weights = grow(config.serve.checkpoint, config.grown, Path(folder))
        print(f"{weights / 1e6:.0f} million weights", flush=True)
        _measure(config.override({"serve.checkpoint": folder}))


def _measure(config: ServingConfig) -> None:
    from serve.running import deployed

    rows = Dataset(config.dataset).read("test", ["images"], limit=config.requests).to_pylist()
    pictures = [row["images"][0]["png"] for row in rows]
    with session(config.cluster), deployed(config.serve) as url:
        asyncio.run(_load(url, pictures[:WARM_UP], 1, WARM_UP))
        one = asyncio.run(_load(url, pictures, 1, config.alone))
        print(f"1 client     {one}", flush=True)
        many = asyncio.run(_load(url, pictures, config.clients, config.requests))
        print(f"{config.clients} clients   {many}", flush=True)
    texts, alone_s = _model_alone(config, pictures)
    bare = config.requests / alone_s
    print(f"model alone  {bare:8.2f} answers/s in batches of {config.serve.batch_size}")
    print(f"many clients against one   {many.rate / one.rate:.2f} times")
    print(f"the endpoint's addition    {100 * (bare / many.rate - 1):.1f} %")
    built_s, files_s = _building_s(texts)
    print(f"running a program          {1000 * built_s:.0f} ms of one core")
    print(f"its files                  {1000 * files_s:.0f} ms of one core, where they are wanted")


async def _load(url: str, pictures: Sequence[bytes], clients: int, requests: int) -> Load:
    left = iter(itertools.islice(itertools.cycle(pictures), requests))
    latencies: list[float] = []

    async def ask(client: httpx.AsyncClient) -> None:
        for picture in left:
            started = time.perf_counter()
            answer = await client.post("/v1/generate", files={"image": picture})
            answer.raise_for_status()
            latencies.append(time.perf_counter() - started)

    started = time.perf_counter()
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=600, limits=limits) as client:
        await asyncio.gather(*(ask(client) for _ in range(clients)))
    return Load(time.perf_counter() - started, latencies)


def _model_alone(config: ServingConfig, pictures: Sequence[bytes]) -> tuple[list[str], float]:
    """The same answers in this process, and how long they took."""
    serve = config.serve
    generation = GenerationConfig(
        batch_size=serve.batch_size,
        max_new_tokens=serve.max_new_tokens,
        gpu=serve.gpu,
        cpus=serve.cpus,
    )
    model = Generator(serve.checkpoint, generation)
    every = list(itertools.islice(itertools.cycle(pictures), config.requests))
    model.answer([serve.prompt] * WARM_UP, list(_images(every[:WARM_UP])))
    started = time.perf_counter()
    texts = model.answer([serve.prompt] * len(every), list(_images(every)))
    return texts, time.perf_counter() - started


def _images(pictures: Sequence[bytes]) -> Iterator[list[Image.Image]]:
    for picture in pictures:
        yield [Image.open(io.BytesIO(picture)).convert("RGB")]


def _building_s(texts: Sequence[str]) -> tuple[float, float]:
    """For each distinct program, on average, and for the files that people download."""
    builder = Builder(Limits(), allow_unsafe=True)  # our own model's programs
    programs = [CadProgram(program_text(text)) for text in sorted(set(texts))[:50]]
    started = time.perf_counter()
    solids = [built.solid for built in map(builder.build, programs) if built.solid is not None]
    built = time.perf_counter()
    for solid in solids:
        builder.files(solid)
    files_s = (time.perf_counter() - built) / max(1, len(solids))
    builder.close()
    return (built - started) / len(programs), files_s


if __name__ == "__main__":
    main(ServingConfig.load(sys.argv[1:]))
