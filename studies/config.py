"""Settings of a study: a question, what is compared to answer it, and how often."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from cadvlm.config.base import Config
from cadvlm.config.data import PrepareConfig
from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig

Changes = dict[str, Any]
"""Dotted keys and their values, over settings that all arms share."""


class ArmConfig(Config):
    """One of the things that are compared."""

    prepare: Changes = Field({})
    """What is different about its data."""

    train: tuple[Changes, ...] = Field(({},), min_length=1)
    """What is different about its training, stage after stage; each begins with the model of the
    one before. Stages that arms have in common are trained once."""

    evaluate: Changes = Field({})
    """What is different about how it answers."""


class StudyConfig(Config):
    """Arms that differ in one thing, trained from several seeds, scored on the same parts."""

    question: str
    """What is asked, for the report."""

    out: str
    """The study's folder. A study that was stopped goes on where it was."""

    arms: dict[str, ArmConfig] = Field(min_length=2)
    """By name. The others are compared with the first."""

    prepare: PrepareConfig
    """The data; ``out`` here and below is set for each arm."""

    judged: Changes = Field({})
    """What is different about the data whose test split decides, where an arm is not judged by its
    own: other sources, plainer pictures."""

    train: TrainConfig
    """Training."""

    evaluate: EvaluateConfig
    """Scoring."""

    seeds: tuple[int, ...] = Field((0, 1, 2), min_length=1)
    """Of initial weights, order and draws; each arm is trained once for each."""

    quoted: str = "iou"
    """The measure that the answer is given in, a column of ``scores.parquet`` or
    ``valid_solid_rate``."""

    measures: tuple[str, ...] = ("iou", "valid_solid_rate", "iou_absolute", "feature_match",
                                 "tokens")  # fmt: skip
    """What the table shows."""

    by: tuple[Literal["n_faces", "n_operations", "family", "source"], ...] = ()
    """What parts are also told apart by: faces or operations of the reference, family, source."""

    @model_validator(mode="after")
    def _what_is_quoted_is_measured(self) -> Self:
        if self.quoted not in self.measures:
            raise ValueError(f"quoted ({self.quoted}) is none of the measures")
        return self
