"""Settings of how a training run is watched, guarded and judged."""

from typing import Self

from pydantic import Field, model_validator

from cadvlm.config.base import Config
from cadvlm.config.execution import Limits


class WatchConfig(Config):
    """What a run shows of itself, beside ``metrics.jsonl`` and TensorBoard's events."""

    samples: int = Field(4, ge=0)
    """Parts of the validation split that are answered, executed and compared at each evaluation.
    Zero: none."""

    limits: Limits = Limits(cpu_s=5.0, wall_s=20.0)
    """For the programs of these answers. Training waits for them."""

    report: bool = True
    """Write ``report.html`` at every checkpoint and at the end."""

    peak_tflops: float | None = Field(None, gt=0)
    """What one device can do at most, in 10^12 operations a second, for ``mfu``. Null: as known of
    the GPU for dense bf16; unknown on a CPU, and then there is no ``mfu``."""

    mlflow: str | None = None
    """Also tell MLflow: its tracking URI, ``http://host:5000`` or ``sqlite:///runs.db``."""

    wandb: str | None = None
    """Also tell Weights & Biases: the project. Without an API key it is told offline, in ``wandb/``
    of the run folder, which ``wandb sync`` uploads."""


class GuardsConfig(Config):
    """What keeps a run from going on to no use."""

    patience: int | None = Field(3, gt=0)
    """End the run after so many evaluations in succession without a lower validation loss. Null:
    never."""

    spike: float | None = Field(10.0, gt=1)
    """Skip a step whose gradient norm is so many times the median of the last 64. Null: none. A
    step whose gradients are not finite is always skipped."""

    max_skipped: int = Field(20, gt=0)
    """Stop the run when so many steps in succession were skipped."""


class Bound(Config):
    """What a figure must reach."""

    at_least: float | None = None
    """The lowest that will do."""

    at_most: float | None = None
    """The highest that will do."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least or at_most")
        return self


FIGURES = (
    "loss",
    "loss_drop",
    "val_loss",
    "grad_norm",
    "skipped",
    "samples_per_s",
    "tokens_per_s",
    "mfu",
    "data_wait_share",
    "padding_share",
    "sample/syntax_valid_rate",
    "sample/execution_rate",
    "sample/valid_solid_rate",
    "sample/iou",
    "reward/mean",
    "reward/valid_solid_rate",
    "reward/kl",
)
"""What can be a target: the figures of the last row, and ``loss_drop``, the share by which the loss
fell from the first row to the last."""


class RangeConfig(Config):
    """The learning rates that ``jobs.find_lr`` tries."""

    lowest: float = Field(1e-7, gt=0)
    """Rate of the first step."""

    highest: float = Field(1.0, gt=0)
    """Rate of the last step, unless the loss breaks before."""

    steps: int = Field(100, ge=20)
    """Steps, each with a rate of its own."""

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.highest <= self.lowest:
            raise ValueError(f"highest ({self.highest}) must be above lowest ({self.lowest})")
        return self
