"""Settings of ``jobs.prepare``: from design files to a dataset folder."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cadvlm.config.base import Config
from cadvlm.config.execution import Limits
from cadvlm.records import PROMPT

SourceName = Literal["deepcad", "synthetic"]


class SourceConfig(Config):
    """One source of parts."""

    name: SourceName
    """Which reader."""

    path: str | None = None
    """File or folder, local or a URI. Null for ``synthetic``, which needs none."""

    weight: float = Field(1.0, gt=0)
    """How often the source is drawn, relative to the others. Only equal weights, one pass over
    everything for each epoch, are there so far."""

    limit: int | None = Field(None, gt=0)
    """Read at most so many parts. ``synthetic`` needs it: its supply is endless."""

    @model_validator(mode="after")
    def _reader_has_what_it_needs(self) -> Self:
        if self.name == "synthetic" and self.limit is None:
            raise ValueError("synthetic: give limit, the number of parts to make")
        if self.name != "synthetic" and self.path is None:
            raise ValueError(f"{self.name}: give path, the folder that holds its files")
        return self


class DrawingConfig(Config):
    """How engineering drawings look."""

    projection: Literal["first", "third"] = "third"
    """Arrangement of the views: first angle (ISO, Europe) or third angle (ASME, America)."""

    hidden: Literal["dashed", "none"] = "dashed"
    """Whether hidden lines are drawn."""

    dimensions: bool = True
    """Whether the part is dimensioned."""

    sheet: Literal["A4", "A3", "square"] = "square"
    """Paper. ``square`` is for pictures: no frame, and letters that stay legible at 448 pixels."""

    title_block: bool = True
    """Whether A4 and A3 have a frame and a title block."""


class PictureConfig(Config):
    """What is drawn of every part."""

    views: tuple[Literal["iso", "front", "top", "right", "drawing"], ...] = ("iso",)
    """Cameras, one shaded picture each; ``drawing`` is a sheet with all of them and dimensions."""

    size: int = Field(448, ge=32, le=4096)
    """Width and height in pixels. A drawing on A4 or A3 is as wide, and as high as the paper."""

    drawing: DrawingConfig = DrawingConfig()
    """For ``drawing`` among the views."""


class SplitConfig(Config):
    """Shares of the parts. The split of a part follows from its shape, never from its name."""

    val: float = Field(0.05, ge=0, lt=1)
    """Share that is watched while training."""

    test: float = Field(0.05, ge=0, lt=1)
    """Share that is held out for evaluation."""

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(f"val ({self.val}) and test ({self.test}) leave nothing for train")
        return self


class PrepareConfig(Config):
    """Design files to samples."""

    sources: tuple[SourceConfig, ...] = Field(min_length=1)
    """Where parts come from: ``[{name: deepcad, path: DIR}, {name: synthetic, limit: 1000}]``."""

    out: str
    """The dataset folder, local or a URI."""

    style: Literal["idiomatic", "verbatim"] = "idiomatic"
    """How construction sequences are written: as a person would, or operation by operation."""

    pictures: PictureConfig = PictureConfig()
    """What is drawn."""

    split: SplitConfig = SplitConfig()
    """Train, validation and test."""

    limits: Limits = Limits()
    """For every program that is executed."""

    prompt: str = PROMPT
    """The instruction that goes with every picture."""

    shard_rows: int = Field(256, gt=0)
    """Parts read for one shard, the unit of work, of writing and of resuming."""

    seed: int = 0
    """Decides the synthetic parts."""

    @model_validator(mode="after")
    def _weights_are_equal(self) -> Self:
        weights = [source.weight for source in self.sources]
        if len(set(weights)) > 1:
            raise ValueError(f"sources: weights must be equal so far, found {weights}")
        return self
