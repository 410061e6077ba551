"""A model of a few thousand weights that knows two programs by heart, whatever it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image

from cadvlm.config.model import LlavaConfig
from cadvlm.models.build import build
from cadvlm.models.load import load
from cadvlm.models.prompt import encode
from cadvlm.records import PROMPT
from tests.parts import BOX

STEPS = 60
UPRIGHT = BOX.program.code
LYING = UPRIGHT.replace("box(10, 20, 30)", "box(30, 20, 10)")


def teach(
    folder: Path,
    codes: Sequence[str] = (UPRIGHT, UPRIGHT, LYING),
    prompts: Sequence[str] | None = None,
) -> None:
    """Train it in a few seconds and save it as a Hugging Face folder.

    It writes each of ``codes`` as often as that is among them, and the commonest when it is greedy;
    with ``prompts``, each for its own.
    """
    prompts = prompts or [PROMPT] * len(codes)
    sizes = LlavaConfig(image_size=32, width=32, vision_layers=1, text_layers=1, heads=2)
    model, processor = build(sizes, [*prompts, *codes], seed=0)
    pictures = [Image.new("RGB", (32, 32), colour) for colour in ("white", "black")]
    images = [[picture] for picture in pictures for _ in codes]
    batch = encode(processor, 2 * [*prompts], images, 2 * [*codes])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(STEPS):
        optimizer.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def adapt(model: Path, folder: Path) -> None:
    """Save an adapter that makes another model of it: of large random numbers."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    lora = LoraConfig(r=4, target_modules=["q_proj", "v_proj"])
    adapted = get_peft_model(load(str(model)).model, lora)
    for name, weight in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight)
    adapted.save_pretrained(folder)
