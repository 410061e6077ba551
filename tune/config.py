"""Settings of a sweep."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from cadvlm.config.base import Config
from cadvlm.config.probes import ProbesConfig

RETENTION = "retention.mean"
"""The score that probes give."""

Space = dict[str, Any]


class EarlyStopConfig(Config):
    """Trials are looked at while they train, and hopeless ones end there (ASHA, Li et al. 2020)."""

    first: float = Field(0.25, gt=0, lt=1)
    """Share of its steps after which a trial is looked at first."""

    factor: float = Field(2.0, gt=1)
    """Of the trials that came to a look one in so many goes on, by the first objective. Each look
    is after so many times the steps of the one before."""

    retention: float | None = Field(None, ge=0)
    """A trial that has kept less than this at a look ends. Null: none does for that."""

    @property
    def looks(self) -> tuple[float, ...]:
        """Shares of the steps at which trials are looked at, the last one, 1, among them."""
        shares = [self.first]
        while (share := shares[-1] * self.factor) < 1 - 1e-9:
            shares.append(share)
        return (*shares, 1.0)


class SweepConfig(Config):
    """What is varied, how often, and what counts as better."""

    space: Space | tuple[Space, ...]
    """Dotted keys of ``train`` and what they may be: a list is tried in full, and ``{loguniform:
    [1e-5, 1e-3]}``, ``{uniform: [0, 1]}``, ``{randint: [1, 64]}`` or ``{choice: [8, 32]}`` is drawn
    from. Of several spaces, for a grid, each is tried."""

    search: Literal["grid", "random", "optuna"] = "grid"
    """``grid`` tries every list in full for each of ``trials`` draws; ``random`` draws from lists
    too; ``optuna`` has its multi-objective TPE suggest what to try next."""

    trials: int = Field(1, gt=0)
    """Draws from the space, or suggestions."""

    concurrent: int | None = Field(None, gt=0)
    """Trials that run at one time, at most. Null: as many as the cluster's GPUs, or cores, have
    room for."""

    objectives: dict[str, Literal["max", "min"]] | None = Field(None, min_length=1)
    """Dotted keys of a trial's ``metrics.json``, or ``retention.mean`` and what else the probes
    give, that span the front; the first one is the task. Null: ``iou.mean``, and
    ``retention.mean`` with probes or ``valid_solid_rate`` without."""

    floor: float | None = None
    """The recommended trial is the best at the task of those that reach this in the second
    objective, as 0.9 for ``retention >= 0.9``. Null: the knee of the front."""

    probes: ProbesConfig | None = None
    """What a trial may forget, and how that is asked for. Null: it is not."""

    early_stop: EarlyStopConfig | None = None
    """When hopeless trials end; null: never."""

    examples: int = Field(6, ge=0)
    """Forgotten probes that the report shows, of each of the trials that it shows some of."""

    seed: int = 0
    """Decides what is drawn."""

    @property
    def spaces(self) -> tuple[Space, ...]:
        """All of them."""
        return self.space if isinstance(self.space, tuple) else (self.space,)

    @property
    def goals(self) -> dict[str, Literal["max", "min"]]:
        """The objectives, given or not."""
        second = "valid_solid_rate" if self.probes is None else RETENTION
        return self.objectives or {"iou.mean": "max", second: "max"}

    @property
    def looks(self) -> tuple[float, ...]:
        """Shares of a trial's steps after which it is scored."""
        return self.early_stop.looks if self.early_stop else (1.0,)

    @model_validator(mode="after")
    def _there_is_something_to_vary(self) -> Self:
        if not self.spaces or not all(self.spaces):
            raise ValueError("space: give at least one key and what it may be")
        if self.search == "optuna" and len(self.spaces) > 1:
            raise ValueError("search (optuna) searches one space; several are for a grid")
        return self

    @model_validator(mode="after")
    def _retention_needs_probes(self) -> Self:
        floor = self.early_stop.retention if self.early_stop else None
        if self.probes is None and (RETENTION in self.goals or floor is not None):
            raise ValueError(f"objectives or early_stop name {RETENTION}, and probes is null")
        if self.floor is not None and len(self.goals) < 2:
            raise ValueError("floor is for the second of the objectives, and there is one")
        return self
