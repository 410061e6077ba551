"""What clients may ask of the training API, and the settings of the job that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cadvlm.config.base import merge, nest
from cadvlm.config.data import PrepareConfig
from cadvlm.config.train import TrainConfig, WorkersConfig
from serve.shelf import Name, Path

_WORDS = ConfigDict(extra="forbid", use_attribute_docstrings=True)

_VIEWS = {"isometric": "iso"}
"""Other words for our views."""


def _listed(views: Any) -> Any:
    """``front,isometric`` is a list too."""
    words = views.split(",") if isinstance(views, str) else views
    if not isinstance(words, list | tuple):
        return words
    return [
        _VIEWS.get(word.strip(), word.strip()) if isinstance(word, str) else word for word in words
    ]


Views = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1, max_length=8)]


class UploadForm(BaseModel):
    """The fields of a form with files."""

    model_config = _WORDS

    name: Name
    """What the folder will be called; files that are there already are replaced."""
    files: list[Annotated[bytes, Field(json_schema_extra={"format": "binary"})]] = []
    """STEP, BREP, STL, OBJ, DeepCAD's or Fusion 360's JSON, CadQuery scripts; names may have
    folders."""
    archive: Annotated[bytes | None, Field(json_schema_extra={"format": "binary"})] = None
    """The same as a zip file, in place of ``files``."""


class DatasetRequest(BaseModel):
    """Query, or JSON body."""

    model_config = _WORDS

    name: Name
    """Of the dataset."""
    source_folder: Path
    """Folder of design files, uploaded before or among the server's."""
    resolution: int = Field(448, ge=32, le=2048)
    """Width and height of the pictures."""
    views: Annotated[list[str], BeforeValidator(_listed), Field(min_length=1, max_length=8)] = [
        "iso"
    ]
    """One picture for each; a list, or words with commas between them: ``front,isometric``."""
    train_split: float = Field(0.9, gt=0, le=1)
    """Share of the parts to learn from. Of the rest one half is watched while training, the other
    is held out for evaluation."""

    def settings(
        self, sources: Sequence[Mapping[str, Any]], out: str, fixed: Mapping[str, Any]
    ) -> PrepareConfig:
        """Of ``jobs.prepare``.

        Raises:
            ConfigError: a view that there is not.
        """
        rest = round((1 - self.train_split) / 2, 6)
        config = PrepareConfig.parse(
            {
                "sources": list(sources),
                "out": out,
                "pictures": {"size": self.resolution, "views": self.views},
                "split": {"val": rest, "test": rest},
            }
        )
        return config.override(fixed)


class FinetuneRequest(BaseModel):
    """Query, or JSON body."""

    model_config = _WORDS

    dataset_name: Name
    """A finished dataset."""
    base_model: str | None = Field(None, min_length=1, max_length=200)
    """One of the server's, a finished run, or a model of the hub where the server takes those.
    Null: a small model built from scratch, every weight of which is trained."""
    epochs: float = Field(3, gt=0, le=10_000)
    """Passes over the training split."""
    batch_size: int = Field(2, gt=0, le=4096)
    """Samples that a worker holds at a time; a step sees as many for each worker."""
    learning_rate: float = Field(1e-4, gt=0, le=1)
    """The highest; it rises to it, and falls along a cosine."""
    lora_rank: int = Field(128, ge=0, le=4096)
    """Rank of the adapters; 0 trains every weight."""
    run_name: Name | None = None
    """Null: the dataset's name and the time. That of a run that was stopped goes on with it."""

    def settings(
        self, dataset: str, out: str, model: str | None, fixed: Mapping[str, Any]
    ) -> TrainConfig:
        """Of ``jobs.train``.

        Raises:
            ConfigError: they contradict what the server has fixed.
        """
        tree: dict[str, Any] = {
            "dataset": dataset,
            "out": out,
            "epochs": self.epochs,
            "optimizer": {"lr": self.learning_rate},
        }
        if model is None:
            tree |= {"train_vision": True}
        else:
            tree |= {"model": model}
            if self.lora_rank:
                tree |= {"lora": {"rank": self.lora_rank, "alpha": 2.0 * self.lora_rank}}
        for key, value in fixed.items():
            tree = merge(tree, nest(key, value))
        workers = tree.get("workers", {}).get("count", WorkersConfig().count)
        sizes = {"micro_batch_size": self.batch_size, "batch_size": self.batch_size * workers}
        return TrainConfig.parse(sizes | tree)
