"""How long a program is for the model that will learn it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from tempfile import TemporaryDirectory

from cadvlm.codegen.length import count_tokens
from cadvlm.errors import InputError
from cadvlm.storage import Folder

_HUB_ID = re.compile(r"[\w-][\w.-]*(/[\w.-]+)?")


def counter(tokenizer: str | None) -> Callable[[str], int]:
    """What counts the tokens of a text, special tokens not included.

    Args:
        tokenizer: folder (local or a URI) or hub id of a Hugging Face tokenizer; None for Python's
            own lexical tokens, which belong to no model.

    Raises:
        InputError: there is no such tokenizer.
    """
    if tokenizer is None:
        return count_tokens
    if "://" in tokenizer:
        with TemporaryDirectory() as fetched:
            Folder(tokenizer).download(fetched)
            return _opened(fetched, tokenizer)
    if not os.path.isdir(tokenizer) and not _HUB_ID.fullmatch(tokenizer):
        raise InputError(f"tokenizer: {tokenizer}: no such folder, and not a hub id: owner/name")
    return _opened(tokenizer, tokenizer)


def _opened(place: str, name: str) -> Callable[[str], int]:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(place)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"tokenizer: {name}: cannot be opened: {reason}") from error
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))
