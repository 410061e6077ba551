"""A model of a few thousand weights that knows one program by heart, whatever it is shown."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image

from cadvlm.config.model import LlavaConfig
from cadvlm.models.build import build
from cadvlm.models.prompt import encode
from cadvlm.records import PROMPT
from tests.parts import BOX

STEPS = 60


def teach(folder: Path) -> None:
    """Train it in a few seconds and save it as a Hugging Face folder."""
    sizes = LlavaConfig(image_size=32, width=32, vision_layers=1, text_layers=1, heads=2)
    model, processor = build(sizes, [PROMPT, BOX.program.code], seed=0)
    pictures = [[Image.new("RGB", (32, 32), colour)] for colour in ("white", "black", "grey")]
    batch = encode(processor, [PROMPT] * 3, pictures, [BOX.program.code] * 3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(STEPS):
        optimizer.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
