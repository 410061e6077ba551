"""A trained model as a plain Hugging Face folder."""

from __future__ import annotations

import os

from peft import PeftModel
from transformers import PreTrainedModel, ProcessorMixin

FINAL = "final"
"""What ``AutoModelForImageTextToText`` and ``AutoProcessor`` open by themselves."""

ADAPTER = "adapter"
"""What ``peft`` opens on top of the base model; only there for LoRA."""


def export(model: PreTrainedModel | PeftModel, processor: ProcessorMixin, folder: str) -> None:
    """Write ``final/``, with adapters merged into it, and ``adapter/`` when there are any.

    Merging changes the model: it is of no further use for training.
    """
    if isinstance(model, PeftModel):
        model.save_pretrained(os.path.join(folder, ADAPTER))
        model = model.merge_and_unload()
    final = os.path.join(folder, FINAL)
    model.save_pretrained(final)
    processor.save_pretrained(final)
