"""How much arithmetic a batch asks for, whatever the program makes of it: the F of MFU.

MFU is the share of a device's peak that goes into what the model needs (Chowdhery et al. 2022,
PaLM, appendix B): operations of the batches / seconds / (workers x peak). Counted are

- 2 operations for each weight of a matrix product and each token, forwards; 2 more where a gradient
  goes on to something in front that learns; 2 more where the weight itself learns. That is PaLM's 6
  in full training, 4 for frozen weights beside adapters, 2 for a frozen tower before them;
- 4 T d a token and layer of the language model for attention over T tokens, not halved for being
  causal, and twice that again for its gradients: PaLM's 12;
- of the head only the answer's tokens: nobody needs the others.

Not counted: padding, activations computed a second time (``gradient_checkpointing``), attention
inside the tower, anything between products. All experts of a mixture count, the unused ones too.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
from peft import PeftModel
from torch import nn
from transformers import BatchFeature, PreTrainedModel

from cadvlm.models.parts import Part, part_of

PEAK_TFLOPS = {
    "B200": 2250.0,
    "GH200": 989.0,
    "H200": 989.0,
    "H100 PCIe": 756.0,
    "H100": 989.0,
    "L40S": 362.0,
    "A100": 312.0,
    "A40": 150.0,
    "A10": 125.0,
    "V100": 125.0,
    "L4": 121.0,
}
"""Dense bf16 (V100: fp16) with tensor cores, from NVIDIA's data sheets, by a part of the name that
CUDA gives the device; the first that fits."""


def peak_tflops(device: torch.device) -> float | None:
    """What is known of the device."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((peak for part, peak in PEAK_TFLOPS.items() if part in name), None)


class Flops(NamedTuple):
    """Operations of a training step, forwards and backwards, by what it is fed."""

    token: float
    """For a token of the language model, without attention and head."""
    answer_token: float
    """For the head's work on a token that is learnt."""
    squared: float
    """For the square of a sample's length, in tokens."""
    patch: float
    """For a patch of a picture."""
    picture_token: float
    """For a token that a picture becomes."""
    patch_pixels: int
    """Numbers in a patch."""
    picture_id: int
    """The token that stands for pictures."""

    @classmethod
    def of(cls, model: PreTrainedModel | PeftModel) -> Self:
        """Count a model that is ready to learn: frozen where it does not, adapters in place."""
        base = model.get_base_model() if isinstance(model, PeftModel) else model
        text, vision = base.config.get_text_config(), base.config.vision_config
        head = base.get_output_embeddings().weight
        apart = {id(head), id(base.get_input_embeddings().weight)}
        weights = dict.fromkeys(Part, 0.0)
        learns = False
        # In the order in which gradients do not pass: the tower comes first.
        for part in (Part.VISION, Part.PROJECTOR, Part.LANGUAGE):
            own = [
                weight
                for name, weight in model.named_parameters()
                if part_of(name) == part
                and id(weight) not in apart
                and _sizes(weight) > 1
                and "original_module" not in name  # peft keeps what it trains a copy of
            ]
            learns = learns or any(weight.requires_grad for weight in own)
            weights[part] = sum(
                _count(weight) * (2 + 2 * learns + 2 * weight.requires_grad) for weight in own
            )
        passes = 2 + 2 * learns + 2 * head.requires_grad
        patch = getattr(vision, "patch_size", 1)
        side = patch if isinstance(patch, int) else max(patch)
        return cls(
            token=weights[Part.LANGUAGE],
            answer_token=_count(head) * passes,
            squared=4.0 * text.num_hidden_layers * _attended(text) * (3 if learns else 1),
            patch=weights[Part.VISION],
            picture_token=weights[Part.PROJECTOR],
            patch_pixels=3 * side * side,
            picture_id=base.config.image_token_id,
        )

    def batch(self, batch: BatchFeature) -> float:
        """Operations for a batch with labels."""
        lengths = batch["attention_mask"].sum(dim=1).double()
        answers = int((batch["labels"] != -100).sum())
        pictured = int((batch["input_ids"] == self.picture_id).sum())
        return (
            self.token * float(lengths.sum())
            + self.squared * float((lengths**2).sum())
            + self.answer_token * answers
            + self.patch * _patches(batch.get("pixel_values"), self.patch_pixels)
            + self.picture_token * pictured
        )


def _patches(pixels: torch.Tensor | None, patch_pixels: int) -> float:
    if pixels is None:
        return 0.0
    # Qwen's processors hand out a row for each patch, the others whole pictures.
    return float(len(pixels)) if pixels.dim() == 2 else pixels.numel() / patch_pixels


def _attended(text: object) -> float:
    heads: int = text.num_attention_heads  # type: ignore[attr-defined]
    width: int = text.hidden_size  # type: ignore[attr-defined]
    return float(heads * (getattr(text, "head_dim", None) or width // heads))


def _count(weight: nn.Parameter) -> float:
    # Under ZeRO-3 a worker holds a share of each weight, and its size is told apart.
    return float(getattr(weight, "ds_numel", weight.numel()))


def _sizes(weight: nn.Parameter) -> int:
    return len(getattr(weight, "ds_shape", weight.shape))
