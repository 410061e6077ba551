"""Pictures to programs with vLLM: the same door as :mod:`serve.generator`, for GPUs under load.

vLLM lets programs join and leave its running batch one by one, shares the key-value cache of a
question among its candidates, and spreads a model over GPUs: ``engine={tensor_parallel_size: 2}``.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, ExitStack, aclosing
from typing import TYPE_CHECKING, Any

from cadvlm.errors import InputError
from cadvlm.models.place import fetched
from serve.config import ServeConfig, Weights
from serve.generator import Ask, Written, until_finished

if TYPE_CHECKING:  # whoever only asks need not load torch
    from transformers import ProcessorMixin


class VllmGenerator:
    """Holds a vLLM engine, whose own loop batches whoever is waiting."""

    def __init__(self, config: ServeConfig) -> None:
        self._config = config
        self._model: _Model | None = None
        self._changed = asyncio.Condition()
        self._changing = False
        self._writing = 0

    async def reconfigure(self, weights: Mapping[str, Any]) -> None:
        """Open a checkpoint with its adapters; Ray Serve calls it at the start and ever after.

        What is being written is finished with the weights before; whoever waits gets the new ones.
        Two engines do not fit on one GPU: the old one goes before the new one comes.
        """
        opened = Weights.parse(weights)
        self._changing = True
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: not self._writing)
            if self._model:
                self._model.close()
            self._model = await asyncio.to_thread(_Model, self._config, opened)
            await self._model.add_adapters(opened)
        finally:
            async with self._changed:
                self._changing = False
                self._changed.notify_all()

    async def write(self, ask: Ask) -> AsyncIterator[Written]:
        """Each program as soon as it is finished, in any order; pieces before it where asked for.

        To stop listening is to stop the writing.

        Raises:
            InputError: the prompt is not one that the model can read.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: not self._changing)
            self._writing += 1
        try:
            async with AsyncExitStack() as ends:
                heard: asyncio.Queue[Written | Exception] = asyncio.Queue()
                for number in ask.how:
                    telling = asyncio.create_task(self._tell(ask, number, heard))
                    ends.push_async_callback(_ended, telling)
                async for written in until_finished(heard, len(ask.how)):
                    yield written
        finally:
            async with self._changed:
                self._writing -= 1
                self._changed.notify_all()

    async def _tell(self, ask: Ask, number: int, heard: asyncio.Queue[Written | Exception]) -> None:
        assert self._model is not None, "Ray Serve calls reconfigure before it lets anybody in"
        try:
            async with aclosing(self._model.write(ask, number)) as pieces:
                async for piece in pieces:
                    heard.put_nowait(piece)
        except Exception as error:  # whoever listens raises it
            heard.put_nowait(error)


class _Model:
    """An engine, and how it is asked."""

    def __init__(self, config: ServeConfig, weights: Weights) -> None:
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        from cadvlm.models.load import load_processor

        # Copies of remote folders live as long as the engine, which reads adapters when it likes.
        self._copies = ExitStack()
        place = self._copies.enter_context(fetched(weights.checkpoint))
        self._processor: ProcessorMixin = load_processor(place)
        arguments: dict[str, Any] = {
            "model": place,
            "limit_mm_per_prompt": {"image": config.max_images},
            "max_num_seqs": config.batch_size,
            "enable_lora": bool(weights.adapters),
            "max_loras": max(1, len(weights.adapters)),
        }
        self._engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments | config.engine))
        self._adapters: dict[str, Any] = {}

    async def add_adapters(self, weights: Weights) -> None:
        """Open LoRA adapters beside the weights.

        Raises:
            InputError: there is none, or it does not fit.
        """
        from vllm.lora.request import LoRARequest

        for number, (name, folder) in enumerate(weights.adapters.items(), 1):
            place = self._copies.enter_context(fetched(folder))
            adapter = LoRARequest(name, number, place)
            try:
                await self._engine.add_lora(adapter)
            except (OSError, ValueError, RuntimeError) as error:
                reason = str(error).strip().splitlines()[0]
                raise InputError(f"{folder}: cannot be opened as an adapter: {reason}") from error
            self._adapters[name] = adapter

    async def write(self, ask: Ask, number: int) -> AsyncGenerator[Written, None]:
        """One of a request's programs."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        from cadvlm.models.prompt import chat, opens_itself

        if ask.adapter is not None and ask.adapter not in self._adapters:
            raise InputError(f"model: {ask.adapter} is no longer served")
        how, text = ask.how[number], chat(self._processor, ask.prompt, ask.images)
        kind = RequestOutputKind.CUMULATIVE if ask.streamed else RequestOutputKind.FINAL_ONLY
        outputs = self._engine.generate(
            {"prompt": text, "multi_modal_data": {"image": list(ask.images)}},
            SamplingParams(
                temperature=how.temperature,
                seed=how.seed,
                max_tokens=how.max_new_tokens,
                output_kind=kind,
            ),
            uuid.uuid4().hex,
            lora_request=self._adapters.get(ask.adapter or ""),
            tokenization_kwargs={"add_special_tokens": not opens_itself(self._processor, text)},
        )
        told = 0
        async for output in outputs:
            [program] = output.outputs
            counts = len(output.prompt_token_ids), len(program.token_ids)
            if ask.streamed:
                yield Written(number, program.text[told:], False, *counts)
                told = len(program.text)
            if output.finished:
                yield Written(number, program.text, True, *counts)

    def close(self) -> None:
        """Give the GPU back."""
        self._engine.shutdown()
        self._copies.close()


async def _ended(task: asyncio.Task[None]) -> None:
    """Nobody listens any more: the engine hears of it and stops writing."""
    task.cancel()
    await asyncio.wait([task])
