"""Opening a vision-language model: by hub id, from a Hugging Face folder or from a run folder."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import transformers
from transformers import (
    PROCESSOR_MAPPING,
    AutoConfig,
    AutoModelForImageTextToText,
    AutoProcessor,
    PreTrainedConfig,
    PreTrainedModel,
    ProcessorMixin,
)

from cadvlm.errors import InputError
from cadvlm.models.place import fetched


class Loaded(NamedTuple):
    """A model and what turns prompts and pictures into its input."""

    model: PreTrainedModel
    processor: ProcessorMixin


def load(path: str, dtype: torch.dtype | None = None) -> Loaded:
    """Open a model with its processor.

    ``dtype`` None keeps the precision in which the weights were saved.

    Raises:
        InputError: there is none, or it does not take pictures.
    """
    transformers.utils.logging.disable_progress_bar()
    with fetched(path) as place:
        try:
            model = AutoModelForImageTextToText.from_pretrained(
                place, dtype=dtype or "auto", attn_implementation=_attention()
            )
            processor = load_processor(place)
        except (ImportError, OSError, ValueError) as error:
            raise _unusable(path, error) from error
    return Loaded(model, processor)


def for_pictures(processor: type[ProcessorMixin]) -> type[ProcessorMixin]:
    """A processor class without its reader of videos, which needs torchvision: Qwen-VL's."""

    class ForPictures(processor):  # type: ignore[misc]  # transformers is untyped
        @classmethod
        def get_attributes(cls) -> list[str]:
            return [name for name in super().get_attributes() if name != "video_processor"]

        def save_pretrained(self, folder: str, **others: Any) -> None:
            super().save_pretrained(folder, **others)
            # Whoever has torchvision takes the settings for videos from those for pictures here.
            self.image_processor.save_pretrained(folder)

    ForPictures.__name__ = processor.__name__  # under which others open what it saves
    return ForPictures


def load_processor(place: str) -> ProcessorMixin:
    """A model's processor, from a local folder or by hub id."""
    try:
        return AutoProcessor.from_pretrained(place)
    except ImportError:
        known = PROCESSOR_MAPPING[type(AutoConfig.from_pretrained(place))]
        if "video_processor" not in known.get_attributes():
            raise
        return for_pictures(known).from_pretrained(place)


def load_config(path: str) -> PreTrainedConfig:
    """A model's shape without its weights; raises as :func:`load` does."""
    with fetched(path, weights=False) as place:
        try:
            return AutoConfig.from_pretrained(place)
        except (OSError, ValueError) as error:
            raise _unusable(path, error) from error


def _attention() -> str:
    # On CPU the fused kernel's backward pass in bf16 is more than twice as slow as plain matrix
    # products at our lengths (505 against 218 ms for a step of the demo's model).
    return "sdpa" if torch.cuda.is_available() else "eager"


def _unusable(path: str, error: Exception) -> InputError:
    reason = str(error).strip().splitlines()[0]
    return InputError(f"{path}: cannot be opened as an image-text-to-text model: {reason}")
