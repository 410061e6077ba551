"""A byte-level tokenizer made for programs of one dataset: few tokens, and numbers left whole.

Every run of one to three digits is one token, whether the training code holds it or not, so a
dimension is one decision of the model and any number can be written. The text between numbers
repeats from program to program (``).box(``, ``).faces(">Z").workplane().hole(``); the commonest
stretches are one token each, the rest is merged from bytes by BPE (Sennrich et al. 2016). All bytes
are tokens, so that any text can be written and is given back to the letter.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

SPECIAL = {
    "pad_token": "<pad>",
    "bos_token": "<s>",
    "eos_token": "</s>",
    "image_token": "<image>",
    "user_token": "<|user|>",
    "assistant_token": "<|assistant|>",
}
"""Tokens that text never turns into by merging."""

_NUMBER = r"\d{1,3}"
_NUMBERS = [str(n).zfill(width) for width in (2, 3) for n in range(10**width)]
_COMMON = 20
"""A stretch seen so often is a token of its own; rarer ones are better spelt from shared pieces."""


def train(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A tokenizer of at most ``vocabulary`` tokens, fitted to ``texts``.

    The same texts in any order give the same tokenizer.
    """
    stretches = Counter(piece for text in texts for piece in re.split(_NUMBER, text) if piece)
    room = vocabulary - len(SPECIAL) - len(_NUMBERS) - 256
    by_count = sorted(stretches.items(), key=lambda item: (-item[1], item[0]))
    whole = [text for text, count in by_count if count >= _COMMON and len(text) > 1][: room // 2]
    bpe = _merge_bytes(stretches, size=256 + room - len(whole))
    return PreTrainedTokenizerFast(
        tokenizer_object=_with_whole_tokens(bpe, [*_NUMBERS, *map(_as_bytes, whole)]),
        clean_up_tokenization_spaces=False,
        padding_side="left",
        pad_token=SPECIAL["pad_token"],
        bos_token=SPECIAL["bos_token"],
        eos_token=SPECIAL["eos_token"],
        extra_special_tokens={
            name: SPECIAL[name] for name in ("image_token", "user_token", "assistant_token")
        },
    )


def _merge_bytes(stretches: Counter[str], size: int) -> Tokenizer:
    """BPE over the distinct stretches; each counts once, so no prompt drowns the code."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sorted(stretches), trainer)
    return tokenizer


def _with_whole_tokens(bpe: Tokenizer, whole: list[str]) -> Tokenizer:
    """Add tokens that are taken as they stand, without merges, and split numbers from text."""
    state: dict[str, Any] = json.loads(bpe.to_str())
    vocab: dict[str, int] = state["model"]["vocab"]
    for token in whole:
        vocab.setdefault(token, len(vocab))
    state["model"]["ignore_merges"] = True
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_NUMBER), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in SPECIAL.values()])
    return tokenizer


def _as_bytes(text: str) -> str:
    """Text in the alphabet in which byte-level BPE writes bytes."""
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return "".join(piece for piece, _ in byte_level.pre_tokenize_str(text))
