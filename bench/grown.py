"""A checkpoint that writes the very same and costs as much as a larger one.

The demo's model answers in a few milliseconds a token, which is nobody's real case: beside it, all
else is slow. Layers that add nothing to what passes through them, and hidden units that nobody
listens to, leave every answer as it is and take the time of as many weights that do count.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from cadvlm.config.base import Config


class Size(Config):
    """Of the language model."""

    layers: int = Field(16, gt=0)
    """Not fewer than the checkpoint has."""

    width: int = Field(16384, gt=0)
    """Hidden units of a layer's perceptron, not fewer than the checkpoint has."""


def grow(checkpoint: str, size: Size, out: Path) -> int:
    """Write a grown copy of a checkpoint, and say how many weights it has.

    Args:
        checkpoint: of a language model with Llama's layers.
        size: that it grows to.
        out: folder.
    """
    import torch

    from cadvlm.models.checkpoint import export
    from cadvlm.models.load import load

    small, processor = load(checkpoint)
    config = small.config
    config.text_config.num_hidden_layers = size.layers
    config.text_config.intermediate_size = size.width
    large = type(small)(config)
    old = small.state_dict()
    with torch.no_grad():
        for name, weight in large.state_dict().items():
            if "language_model.layers" in name and ("o_proj" in name or "down_proj" in name):
                weight.zero_()  # what a layer adds, which is nothing yet
            if name in old:
                _corner(weight, old[name]).copy_(old[name])
    export(large, processor, str(out))
    return sum(weight.numel() for weight in large.parameters())


def _corner(weight: Any, of: Any) -> Any:
    """The part of a tensor that has the shape of another."""
    return weight[tuple(slice(length) for length in of.shape)]
