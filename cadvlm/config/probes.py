"""Settings of forgetting probes: what a model could do before training, and may do no more."""

from pydantic import Field

from cadvlm.config.base import Config
from cadvlm.config.evaluate import GenerationConfig
from cadvlm.config.execution import Limits


class ProbesConfig(Config):
    """Prompts about operations that a training set lacks."""

    count: int = Field(240, gt=0)
    """Prompts, half of them in words and half a picture, shared by the operations."""

    rare: float = Field(0.01, ge=0, le=1)
    """The training set lacks an operation that fewer than this share of its programs call."""

    captions: str | None = None
    """A dataset folder whose held-out captions (test split) a model is to find likely: its
    perplexity says what became of its language. Null: it is not measured."""

    n_captions: int = Field(64, gt=0)
    """How many of these, at most."""

    generation: GenerationConfig = GenerationConfig(max_new_tokens=256)
    """How a model answers."""

    limits: Limits = Limits()
    """For every program that is executed."""

    seed: int = 0
    """Decides which parts are asked for, and bootstrap draws."""
