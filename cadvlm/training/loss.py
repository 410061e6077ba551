"""What is learnt: the cross entropy of the answer's tokens, and of nothing else."""

# B batch, T tokens, K tokens from the first answer on, V vocabulary

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional
from transformers import BatchFeature

Logits = Callable[[BatchFeature, int], torch.Tensor]
"""Gives the scores (B, T, V) of at least the last so many positions of an input."""


def answer_tokens(batch: BatchFeature) -> int:
    """How many tokens of a batch are learnt."""
    return int((batch["labels"] != -100).sum())


def answer_loss(logits: Logits, batch: BatchFeature, device: torch.device) -> torch.Tensor:
    """Cross entropy summed over the answer tokens of a micro-batch."""
    return _cross_entropy(logits, batch, device, "sum")


def log_likelihoods(logits: Logits, batch: BatchFeature, device: torch.device) -> torch.Tensor:
    """Log-probability (B, K) of every token from the first answer on, 0 where none is learnt."""
    entropy = _cross_entropy(logits, batch, device, "none")
    return -entropy.view(len(batch["labels"]), -1)


def _cross_entropy(
    logits: Logits, batch: BatchFeature, device: torch.device, reduction: str
) -> torch.Tensor:
    inputs = BatchFeature({k: v for k, v in batch.items() if k != "labels"}).to(device)
    labels_BT = batch["labels"].to(device)
    first = max(1, int((batch["labels"] != -100).any(dim=0).int().argmax()))
    # The head is a third of a small model's work; before the first answer nobody needs it.
    keep = labels_BT.shape[1] - first + 1
    logits_BKV = logits(inputs, keep)[:, -keep:-1]
    return functional.cross_entropy(
        logits_BKV.float().flatten(0, 1), labels_BT[:, first:].flatten(), reduction=reduction
    )
