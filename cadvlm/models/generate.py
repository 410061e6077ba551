"""Answers of a model, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from PIL import Image

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.models.load import load
from cadvlm.models.prompt import encode


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
        self.config = config
        self.device = torch.device("cuda" if gpu else "cpu")
        self.model, self.processor = load(path)
        self.model.to(self.device).eval()

    def answer(
        self, prompts: Sequence[str], images: Sequence[Sequence[Image.Image]], seed: int = 0
    ) -> list[str]:
        """One answer for each prompt and its pictures, in their order.

        ``seed`` decides what is drawn when the temperature is above zero.
        """
        torch.manual_seed(seed)
        size = self.config.batch_size
        return [
            answer
            for start in range(0, len(prompts), size)
            for answer in self._batch(prompts[start : start + size], images[start : start + size])
        ]

    @torch.inference_mode()
    def _batch(
        self, prompts: Sequence[str], images: Sequence[Sequence[Image.Image]]
    ) -> Iterator[str]:
        inputs = encode(self.processor, prompts, images).to(self.device, self.model.dtype)
        sampled = self.config.temperature > 0
        tokens = self.model.generate(
            **inputs,
            max_new_tokens=self.config.max_new_tokens,
            do_sample=sampled,
            temperature=self.config.temperature if sampled else None,
            top_p=None,
            top_k=None,
            pad_token_id=self.processor.tokenizer.pad_token_id,
        )
        new = tokens[:, inputs["input_ids"].shape[1] :]
        answers = self.processor.batch_decode(new, skip_special_tokens=True)
        return iter(str(answer) for answer in answers)
