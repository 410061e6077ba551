"""Settings of reinforcement learning: a model learns from what its own programs build."""

from typing import Self

from pydantic import Field, model_validator

from cadvlm.config.base import Config
from cadvlm.config.execution import Limits


class MiningConfig(Config):
    """Which questions are worth asking: those that the model to begin with does not answer well
    (cadrille, Kolodiazhnyi et al. 2025). They are found once, before the first step."""

    questions: int = Field(1024, gt=0)
    """How many are tried, from all over the training split."""

    answers: int = Field(3, gt=0)
    """Answers to each."""

    below: float = Field(0.75, gt=0, le=1)
    """Mean reward below which a question is kept; cadrille's 7.5 of 10."""


class RewardConfig(Config):
    """Group relative policy optimisation (GRPO: Shao et al. 2024, DeepSeekMath)."""

    group: int = Field(8, ge=2)
    """Answers that are written to each question, and compared with each other."""

    learn: int | None = Field(None, gt=0)
    """How many of a group are learnt from: those whose advantage is largest, up or down (CPPO, Lin
    et al. 2025). Null: all."""

    temperature: float = Field(1.0, gt=0)
    """At which answers are drawn."""

    max_new_tokens: int = Field(1024, gt=0)
    """Longest answer."""

    at_once: int = Field(64, gt=0)
    """Answers that a worker writes at one time."""

    updates: int = Field(1, gt=0)
    """Optimiser steps that are taken on the answers of a step. More save writing and executing;
    ``clip`` keeps them near the model that wrote."""

    clip: float = Field(0.2, gt=0, lt=1)
    """How far the probability of a token may have moved, as a share, before it is not pushed on."""

    kl: float = Field(0.04, ge=0)
    """Weight of the divergence from the model to begin with, DeepSeekMath's. Zero: none, and that
    model is not kept in memory."""

    scaled: bool = False
    """Whether advantages are divided by the standard deviation of their group, as in GRPO. Without
    (Dr. GRPO, Liu et al. 2025) questions that are nearly solved, or hopeless, weigh no more."""

    invalid: float = Field(-1.0, le=0)
    """What an answer earns that leaves no valid solid; a solid earns its IoU. cadrille's -10 to 10
    times the IoU."""

    size: float | None = Field(4.0, gt=1)
    """A solid that is so many times as long as its reference, or as short, earns nothing; null: any
    size will do. Pictures without dimensions show none."""

    mining: MiningConfig | None = None
    """Whether hard questions alone are asked; null: all are."""

    judges: int | None = Field(None, gt=0)
    """Actors that execute and compare. Null: one for each core of the cluster."""

    judge_cpus: float = Field(0.0, ge=0)
    """Cores reserved for each of them. Zero: they use those of the workers, which wait meanwhile;
    where the cluster has nodes without GPUs, 1 puts them there."""

    limits: Limits = Limits(cpu_s=5.0, wall_s=20.0)
    """For every program."""

    @property
    def learnt(self) -> int:
        """Answers of a group that are learnt from."""
        return self.learn or self.group

    @model_validator(mode="after")
    def _no_more_is_learnt_than_written(self) -> Self:
        if self.learnt > self.group:
            raise ValueError(f"learn ({self.learn}) is more than the group ({self.group})")
        return self
