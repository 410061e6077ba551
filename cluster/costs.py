"""What a piece of work costs, and how it is known: ``cluster/costs.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import Field

from cadvlm.config.base import Config
from cadvlm.errors import InputError

Kind = Literal["measured", "published", "assumed"]


class Cost(Config):
    """One figure and its provenance."""

    value: float = Field(gt=0)
    """The figure."""
    unit: str
    """Of what, and what is included."""
    kind: Kind
    """How far to trust it."""
    where: str
    """On which machine; or, where it is assumed, why so."""
    when: str
    """The day, as 2026-11-22."""
    how: str
    """By which command or run."""


class Gpu(Config):
    """What a maker says of a GPU."""

    flops: float = Field(gt=0)
    """Dense operations a second in bf16."""
    memory_gb: float = Field(gt=0)
    """Its memory."""
    memory_gb_s: float = Field(gt=0)
    """And how fast that is read."""
    kind: Kind
    """``published``."""
    source: str
    """By whom and when."""


class Costs(Config):
    """All figures that an estimate rests on."""

    build_core_s: dict[str, Cost]
    """Of a part: its code, the solid, the checks; by the source whose parts were measured."""
    draw_core_s: Cost
    """Of a picture."""
    score_core_s: Cost
    """Of an answer that is judged."""
    answer_core_s: Cost
    """Of an answer, beside what the model computes."""
    row_bytes: Cost
    """Of a row of a dataset."""
    start_s: Cost
    """Of each stage, before anything is done."""
    core_flops: Cost
    """What training gets out of a core."""
    gpus: dict[str, Gpu]
    """By the name that ``cluster.machines`` uses."""
    train_utilisation: Cost
    """Share of ``flops`` that training gets."""
    answer_utilisation: Cost
    """Share of ``memory_gb_s`` that writing tokens gets."""

    @property
    def assumed(self) -> list[str]:
        """The figures that nobody has measured."""
        values = ((name, getattr(self, name)) for name in type(self).model_fields)
        return [name for name, cost in values if isinstance(cost, Cost) and cost.kind == "assumed"]


def read(path: str) -> Costs:
    """The costs in a file.

    Raises:
        InputError: there is none, or it holds something else.
    """
    try:
        tree = json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise InputError(f"costs: {path}: no such file") from None
    except ValueError as error:
        raise InputError(f"costs: {path}: not JSON: {error}") from None
    return Costs.parse(tree)
