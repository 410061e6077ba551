"""The model that a run began with, to which it is held."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from peft import PeftModel
from transformers import BatchFeature

from cadvlm.models.load import load
from cadvlm.training.engine import Engine
from cadvlm.training.precision import keeps_weights_in


class Reference:
    """The engine's model without its adapters, or a frozen copy of the weights to begin with.

    The copy is whole on every worker, under ZeRO 3 too: what is too large for that is trained with
    LoRA, or with ``reward.kl=0``.
    """

    def __init__(self, engine: Engine, base: str, device: torch.device) -> None:
        self._engine, self._device = engine, device
        self._copy = None
        if not isinstance(engine.model, PeftModel):
            dtype = keeps_weights_in(engine.precision)
            self._copy = load(base, dtype).model.to(device).eval()

    @torch.no_grad()
    def logits(self, inputs: BatchFeature, keep: int) -> torch.Tensor:
        """Scores (B, T, V) of at least the last ``keep`` positions; see ``Engine.evaluating``."""
        if self._copy is None:
            model = self._engine.model
            with model.disable_adapter() if isinstance(model, PeftModel) else nullcontext():
                return self._engine.logits(inputs, keep)
        halved = self._engine.precision == "autocast"
        with torch.autocast(self._device.type, torch.bfloat16, enabled=halved):
            outputs = self._copy(**inputs, use_cache=False, logits_to_keep=keep)
        scores: torch.Tensor = outputs.logits
        return scores
