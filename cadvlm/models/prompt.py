"""The only place where a prompt is built: training, evaluation and serving cannot drift apart.

What the model reads is the processor's own chat template with one user turn (pictures, then the
instruction) and the opening of the assistant's turn. What it learns to write is the program and the
end-of-sequence token. The prompt's tokens are the same with and without an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from PIL import Image
from transformers import BatchFeature, PaliGemmaProcessor, ProcessorMixin

from cadvlm.errors import InputError
from cadvlm.models.collate import Encoded, collate


def encode(
    processor: ProcessorMixin,
    prompts: Sequence[str],
    images: Sequence[Sequence[Image.Image]],
    answers: Sequence[str] | None = None,
) -> BatchFeature:
    """Model input for B samples, each with a prompt and its pictures.

    Without ``answers``: ready for ``generate``, padded on the left. With them: padded on the right,
    and ``labels`` (B, T) hold the answer and the end-of-sequence token, -100 elsewhere.

    Raises:
        InputError: a prompt holds the model's own marker of a picture.
    """
    side: Literal["left", "right"] = "left" if answers is None else "right"
    return collate(encode_each(processor, prompts, images, answers), processor, side)


def encode_each(
    processor: ProcessorMixin,
    prompts: Sequence[str],
    images: Sequence[Sequence[Image.Image]],
    answers: Sequence[str] | None = None,
) -> list[Encoded]:
    """The samples one by one, not yet padded, for whoever keeps them; see :func:`encode`."""
    encoded = _encode_prompts(processor, prompts, images)
    if answers is None:
        return encoded
    return [_append(processor, *pair) for pair in zip(encoded, answers, strict=True)]


def answered(processor: ProcessorMixin, question: Encoded, tokens: Sequence[int]) -> Encoded:
    """A question with the tokens of an answer behind it, as its labels; see :func:`encode`."""
    tail = torch.tensor(tokens, dtype=torch.long)
    prompt = question.text["input_ids"]
    # An answer's tokens have zeros in the processor's other sequences, which mark plain text; in
    # PaliGemma's they would mark a prompt, all of whose tokens see each other.
    ones = {"attention_mask"}
    if isinstance(processor, PaliGemmaProcessor):
        ones.add("token_type_ids")
    grown = {
        name: torch.cat([value, torch.full_like(tail, int(name in ones))])
        for name, value in question.text.items()
    }
    grown["input_ids"] = torch.cat([prompt, tail])
    grown["labels"] = torch.cat([torch.full_like(prompt, -100), tail])
    return Encoded(grown, question.vision)


def chat(processor: ProcessorMixin, prompt: str, pictures: Sequence[Image.Image]) -> str:
    """A question as text: the template around a prompt, with a marker for each picture.

    Raises:
        InputError: the prompt holds the model's own marker of a picture.
    """
    marker = getattr(processor, "image_token", "<image>")
    if marker in prompt:
        raise InputError(f"prompt: {marker} stands for a picture in this model; write it otherwise")
    if isinstance(processor, PaliGemmaProcessor):
        return f"{marker * len(pictures)}{prompt}"  # it ends the line itself
    if not processor.chat_template:
        return f"{marker * len(pictures)}{prompt}\n"
    content: list[dict[str, Any]] = [{"type": "image"} for _ in pictures]
    content.append({"type": "text", "text": prompt})
    turns = [{"role": "user", "content": content}]
    text = processor.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    return str(text)


def opens_itself(processor: ProcessorMixin, text: str) -> bool:
    """Whether the template wrote the opening token, so that the tokenizer must not add a second."""
    bos = processor.tokenizer.bos_token
    return bool(bos) and text.startswith(bos)


def unseen_picture(processor: ProcessorMixin) -> Encoded:
    """A picture to stand behind an answer: no token attends to it and nothing is learnt from it."""
    white = Image.new("RGB", (224, 224), "white")
    picture = encode_each(processor, [""], [[white]], [""])[0]
    hidden = {"attention_mask": 0, "labels": -100}
    text = {
        name: torch.full_like(value, hidden[name]) if name in hidden else value
        for name, value in picture.text.items()
    }
    return Encoded(text, picture.vision)


def _encode_prompts(
    processor: ProcessorMixin, prompts: Sequence[str], images: Sequence[Sequence[Image.Image]]
) -> list[Encoded]:
    """One call of the processor where its output can be cut into samples, else one for each."""
    pairs = list(zip(prompts, images, strict=True))
    if len({len(pictures) for pictures in images}) > 1:
        # Whose pictures are whose could not be told afterwards.
        return [_encode_prompts(processor, [p], [i])[0] for p, i in pairs]
    texts = [chat(processor, *pair) for pair in pairs]
    inputs = _process(processor, texts, images)
    count, shape = len(texts), inputs["input_ids"].shape
    text = {name: value for name, value in inputs.items() if value.shape == shape}
    vision = {name: value for name, value in inputs.items() if name not in text}
    if count == 1:
        return [Encoded({name: value[0] for name, value in text.items()}, vision)]
    if any(value.shape[0] != count for value in vision.values()):
        # Patches of all pictures lie end to end (Qwen-VL), or a sample has several pictures.
        return [_encode_prompts(processor, [p], [i])[0] for p, i in pairs]
    return [_cut(text, vision, row) for row in range(count)]


def _process(
    processor: ProcessorMixin, texts: Sequence[str], images: Sequence[Sequence[Image.Image]]
) -> BatchFeature:
    bos = processor.tokenizer.bos_token
    if isinstance(processor, PaliGemmaProcessor) and not any(images):
        # It takes no text without a picture; this is what it makes of text behind one.
        texts = [f"{bos}{text}\n" for text in texts]
        inputs = processor.tokenizer(
            texts, add_special_tokens=False, padding=True, return_tensors="pt"
        )
        return BatchFeature({**inputs, "token_type_ids": torch.zeros_like(inputs["input_ids"])})
    inputs = processor(
        text=list(texts),
        images=[list(pictures) for pictures in images] if any(images) else None,
        padding=True,
        return_tensors="pt",
        add_special_tokens=not opens_itself(processor, texts[0]),
    )
    inputs.pop("labels", None)  # PaliGemma's, without an answer to learn
    return inputs


def _cut(text: dict[str, torch.Tensor], vision: dict[str, torch.Tensor], row: int) -> Encoded:
    real = text["attention_mask"][row].bool()
    return Encoded(
        text={name: value[row][real] for name, value in text.items()},
        vision={name: value[row : row + 1] for name, value in vision.items()},
    )


def _append(processor: ProcessorMixin, encoded: Encoded, answer: str) -> Encoded:
    tokenizer = processor.tokenizer
    # A program that holds the text of a special token (a comment about <image>) stays text.
    ids = tokenizer(answer, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return answered(processor, encoded, [*ids, tokenizer.eos_token_id])
