"""Settings of a sweep."""

from typing import Any, Literal

from pydantic import Field

from cadvlm.config.base import Config


class SweepConfig(Config):
    """What is varied, how often, and what counts as better."""

    space: dict[str, Any] = Field(min_length=1)
    """Dotted keys of ``train`` and what they may be: a list is tried in full, and
    ``{loguniform: [1e-5, 1e-3]}``, ``{uniform: [0, 1]}`` or ``{choice: [8, 32]}`` is drawn from."""

    trials: int = Field(1, gt=0)
    """Draws from the space; every list is tried in full for each."""

    concurrent: int = Field(1, gt=0)
    """Trials that run at one time."""

    objectives: dict[str, Literal["max", "min"]] = Field(
        {"iou.mean": "max", "valid_solid_rate": "max"}, min_length=1
    )
    """Dotted keys of ``metrics.json`` that span the front; the first one decides within it."""

    seed: int = 0
    """Decides what is drawn."""
