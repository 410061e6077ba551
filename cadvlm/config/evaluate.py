"""Settings of ``jobs.evaluate``: from a checkpoint, or from predictions, to scores and a report."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cadvlm.config.base import Config
from cadvlm.config.execution import Limits


class GenerationConfig(Config):
    """How a model writes a program. Greedy unless ``temperature`` is above zero."""

    batch_size: int = Field(32, gt=0)
    """Pictures answered at once."""

    max_new_tokens: int = Field(1024, gt=0)
    """Longest answer."""

    temperature: float = Field(0.0, ge=0)
    """Zero takes the likeliest token every time."""

    gpu: bool | None = None
    """True: the generator takes a GPU. Null: as the cluster has them."""

    cpus: float = Field(1.0, gt=0)
    """Cores reserved for, and threads used by, the generator."""


class EvaluateConfig(Config):
    """A checkpoint, or predictions, against references."""

    out: str
    """The evaluation folder, local or a URI."""

    checkpoint: str | None = None
    """A run folder, its ``final/``, or any Hugging Face model."""

    dataset: str | None = None
    """The dataset folder whose pictures are answered."""

    split: Literal["train", "val", "test"] = "test"
    """Which part of the dataset."""

    predictions: str | None = None
    """To be scored in place of a checkpoint: JSONL of ``{"id", "code"}``, CADBench's or CAD-Coder's
    answers, or a folder of ``ID.py``."""

    references: str | None = None
    """What ``predictions`` are compared with: a dataset folder, JSONL of ``{"id", "code"}`` or
    CAD-Coder's questions, or a folder of ``ID.step|.stp|.brep|.stl|.obj``."""

    questions: str | None = None
    """CAD-Coder's questions, where only they say which picture, and so which of the references,
    an answer's ``question_id`` is about."""

    limit: int | None = Field(None, gt=0)
    """Evaluate at most so many parts."""

    control: bool = True
    """Also answer blank pictures: what the model scores without looking."""

    edits: int = Field(8, ge=0)
    """Numeric literals of every valid program that are changed by 5 % up and down, at most, to see
    whether it still builds. Zero: none, and ``edit_survival`` is not measured."""

    generation: GenerationConfig = GenerationConfig()
    """How the checkpoint answers."""

    limits: Limits = Limits()
    """For every program that is executed."""

    answerers: int | None = Field(None, gt=0)
    """Actors that hold the checkpoint. Null: one a GPU, or one."""

    scorers: int | None = Field(None, gt=0)
    """Actors that execute and score. Null: one a core."""

    gallery: int = Field(6, ge=0)
    """Parts shown in each row of the report's gallery."""

    pages: int = Field(300, ge=0)
    """Parts that get a page of their own, at most: those of the gallery, then the failed ones."""

    seed: int = 0
    """Decides sampled points, bootstrap draws and sampled answers."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        model = self.checkpoint is not None and self.dataset is not None
        files = self.predictions is not None and self.references is not None
        if model == files:
            raise ValueError("give checkpoint and dataset, or predictions and references")
        return self
