"""Opening a vision-language model: by hub id, from a Hugging Face folder or from a run folder."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from typing import NamedTuple

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    AutoProcessor,
    PreTrainedConfig,
    PreTrainedModel,
    ProcessorMixin,
)

from cadvlm.errors import InputError
from cadvlm.storage import Folder

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


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
    place = locate(path)
    try:
        model = AutoModelForImageTextToText.from_pretrained(
            place, dtype=dtype or "auto", attn_implementation=_attention()
        )
        processor = AutoProcessor.from_pretrained(place)
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from error
    return Loaded(model, processor)


def load_config(path: str) -> PreTrainedConfig:
    """A model's shape without its weights; raises as :func:`load` does."""
    try:
        return AutoConfig.from_pretrained(locate(path))
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from error


def locate(path: str) -> str:
    """What ``from_pretrained`` takes: a local folder (remote ones are fetched) or a hub id.

    Raises:
        InputError: the folder is not there or holds no model.
    """
    if "://" not in path and not os.path.isdir(path):
        if _HUB_ID.fullmatch(path) and not path.startswith("."):
            return path
        raise InputError(f"{path}: no such folder, and not a hub id such as owner/name")
    folder = Folder(path)
    if not folder.exists("config.json"):
        folder = folder / "final"
    if not folder.exists("config.json"):
        raise InputError(
            f"{path}: no model here (expected config.json, or the final/ of a finished run)"
        )
    return _fetched(folder) if "://" in path else folder.uri


def _fetched(folder: Folder) -> str:
    name = hashlib.sha256(folder.uri.encode()).hexdigest()[:16]
    local = os.path.join(tempfile.gettempdir(), f"cadvlm-model-{os.getpid()}-{name}")
    folder.download(local)
    return local


def _attention() -> str:
    # On CPU the fused kernel's backward pass in bf16 is more than twice as slow as plain matrix
    # products at our lengths (505 against 218 ms for a step of the demo's model).
    return "sdpa" if torch.cuda.is_available() else "eager"


def _unusable(path: str, error: Exception) -> InputError:
    reason = str(error).strip().splitlines()[0]
    return InputError(f"{path}: cannot be opened as an image-text-to-text model: {reason}")
