"""How likely a model finds answers that others gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from PIL import Image
from torch.nn import functional

from cadvlm.models.generate import Generator
from cadvlm.models.prompt import encode


class Surprise(NamedTuple):
    """What an answer cost the model that was to give it."""

    nats: float
    """Negative log-likelihood of all its tokens, the one that ends it included."""
    tokens: int


@torch.inference_mode()
def surprise(
    generator: Generator,
    prompts: Sequence[str],
    images: Sequence[Sequence[Image.Image]],
    answers: Sequence[str],
) -> list[Surprise]:
    """What each answer to a prompt with its pictures costs, one batch for all.

    ``exp(sum of nats / sum of tokens)`` is the perplexity of a text.
    """
    batch = encode(generator.processor, prompts, images, answers)
    labels_BT = batch.pop("labels").to(generator.device)
    inputs = batch.to(generator.device, generator.model.dtype)
    logits_BTV = generator.model(**inputs).logits[:, :-1].float()
    nats_BT = functional.cross_entropy(
        logits_BTV.transpose(1, 2), labels_BT[:, 1:], reduction="none"
    )
    counts = (labels_BT[:, 1:] != -100).sum(dim=1)
    return [
        Surprise(float(nats), int(count))
        for nats, count in zip(nats_BT.sum(dim=1), counts, strict=True)
    ]
