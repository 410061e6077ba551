"""Answers of a model, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import torch
from PIL import Image
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.errors import InputError
from cadvlm.models.collate import Encoded, collate
from cadvlm.models.load import Loaded, load
from cadvlm.models.prompt import encode_each
from cadvlm.models.sampling import Hear, Sampling


class Generator:
    """A model that answers prompts about pictures. Holds the weights between calls."""

    def __init__(self, path: str, config: GenerationConfig) -> None:
        """Open a model; see :func:`cadvlm.models.load.load` for what is raised.

        On CPU ``config.cpus`` threads are used: more than the process was given, and the threads
        of neighbours stand in each other's way.
        """
        gpu = torch.cuda.is_available() if config.gpu is None else config.gpu
        if not gpu:
            torch.set_num_threads(max(1, int(config.cpus)))
        model, processor = load(path)
        model.to("cuda" if gpu else "cpu").eval()
        self._hold(Loaded(model, processor), config, learning=False, together=False)

    @classmethod
    def of(cls, loaded: Loaded, config: GenerationConfig, *, together: bool) -> Self:
        """A model that is learning and is where it shall be, in evaluation mode at every call.

        ``together``: all workers hold a share of its weights, and make the same calls.
        """
        generator = cls.__new__(cls)
        generator._hold(loaded, config, learning=True, together=together)
        return generator

    def _hold(
        self, loaded: Loaded, config: GenerationConfig, *, learning: bool, together: bool
    ) -> None:
        self.config = config
        self.model, self.processor = loaded
        self.device = self.model.device
        self.adapters: set[str] = set()
        self._learning, self._together = learning, together

    def add_adapter(self, name: str, folder: str) -> None:
        """Open a LoRA adapter beside the weights; :meth:`use` turns to it.

        Raises:
            InputError: there is none, or it does not fit.
        """
        try:
            self.model.load_adapter(folder, adapter_name=name)
        except (OSError, ValueError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise InputError(f"{folder}: cannot be opened as an adapter: {reason}") from error
        self.adapters.add(name)
        self.use(None)

    def use(self, adapter: str | None) -> None:
        """Write with an adapter from now on, or with the weights as they are."""
        if adapter is not None:
            self.model.enable_adapters()
            self.model.set_adapter(adapter)
        elif self.adapters:
            self.model.disable_adapters()

    def answer(
        self, prompts: Sequence[str], images: Sequence[Sequence[Image.Image]], seed: int = 0
    ) -> list[str]:
        """One answer for each prompt and its pictures, in their order.

        ``seed`` decides what is drawn when the temperature is above zero.
        """
        size, length = self.config.batch_size, self.config.max_new_tokens
        answers: list[str] = []
        for start in range(0, len(prompts), size):
            samples = self.encode(prompts[start : start + size], images[start : start + size])
            answers += self.write(
                samples,
                [
                    Sampling(length, self.config.temperature, seed + start + row)
                    for row in range(len(samples))
                ],
            )
        return answers

    def encode(
        self, prompts: Sequence[str], images: Sequence[Sequence[Image.Image]]
    ) -> list[Encoded]:
        """Questions as the model reads them; see :func:`cadvlm.models.prompt.encode_each`."""
        return encode_each(self.processor, prompts, images)

    def write(
        self, samples: Sequence[Encoded], how: Sequence[Sampling], hear: Hear | None = None
    ) -> list[str]:
        """One batch: an answer to each question, each written in its own way."""
        answers = self.processor.batch_decode(
            self.tokens(samples, how, hear), skip_special_tokens=True
        )
        return [str(answer) for answer in answers]

    def tokens(
        self, samples: Sequence[Encoded], how: Sequence[Sampling], hear: Hear | None = None
    ) -> list[list[int]]:
        """The same in tokens, the one that ends an answer included."""
        # What inference mode leaves behind in a model could not be learnt through afterwards.
        with torch.no_grad() if self._learning else torch.inference_mode():
            return self._tokens(samples, how, hear)

    def _tokens(
        self, samples: Sequence[Encoded], how: Sequence[Sampling], hear: Hear | None
    ) -> list[list[int]]:
        inputs = collate(samples, self.processor, "left").to(self.device, self.model.dtype)
        start = inputs["input_ids"].shape[1]
        longest = max(one.max_new_tokens for one in how)
        tokens = self.model.generate(
            **inputs,
            max_new_tokens=longest,
            do_sample=False,  # _Draw samples, each row by its own temperature and seed
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=self.processor.tokenizer.pad_token_id,
            logits_processor=LogitsProcessorList([_Draw(how, self.device)]),
            stopping_criteria=StoppingCriteriaList([_Until(how, start, hear, self._ends())]),
            synced_gpus=self._together,
        )
        rows = tokens[:, start:].tolist()
        return [
            _up_to_end(row[: one.max_new_tokens], self._ends())
            for row, one in zip(rows, how, strict=True)
        ]

    def decode(self, tokens: Sequence[int]) -> str:
        """Tokens as text."""
        return str(self.processor.decode(tokens, skip_special_tokens=True))

    def _ends(self) -> list[int]:
        """Tokens that end an answer."""
        ends = self.model.generation_config.eos_token_id
        return ends if isinstance(ends, list) else [] if ends is None else [ends]


def _up_to_end(tokens: list[int], ends: Sequence[int]) -> list[int]:
    """What was written before the row was filled up for the sake of longer ones."""
    last = next((place for place, token in enumerate(tokens) if token in ends), len(tokens))
    return tokens[: last + 1]


class _Draw(LogitsProcessor):  # type: ignore[misc]  # transformers is untyped
    """Samples by making the sample the likeliest token: scaled scores plus Gumbel's noise (1954).

    Every row has a random generator of its own, so that it is written alike in any company.
    """

    def __init__(self, how: Sequence[Sampling], device: torch.device) -> None:
        self._drawn = [
            (row, one.temperature, torch.Generator(device).manual_seed(one.seed))
            for row, one in enumerate(how)
            if one.temperature > 0
        ]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        for row, temperature, generator in self._drawn:
            noise = torch.empty_like(scores[row]).exponential_(generator=generator)
            scores[row] = scores[row] / temperature - noise.log()
        return scores


class _Until(StoppingCriteria):  # type: ignore[misc]
    """Ends each row at its own length, or when nobody listens to it any more."""

    def __init__(
        self, how: Sequence[Sampling], start: int, hear: Hear | None, ends: Sequence[int]
    ) -> None:
        self._most = torch.tensor([one.max_new_tokens for one in how])
        self._start, self._hear, self._ends = start, hear, torch.tensor(ends)
        self._done = torch.zeros(len(how), dtype=torch.bool)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        full = input_ids.shape[1] - self._start >= self._most
        if self._hear is None:
            return full.to(input_ids.device)
        new = input_ids[:, -1].cpu()
        last = full | torch.isin(new, self._ends)
        for row in (~self._done).nonzero().flatten().tolist():
            self._done[row] = not self._hear(row, int(new[row]), bool(last[row])) or last[row]
        return self._done.to(input_ids.device)
