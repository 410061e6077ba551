"""A model inside DeepSpeed, on CPU and GPU alike: opened, stepped, saved, resumed, exported."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray.train
import torch
from peft import PeftModel
from ray.train import Checkpoint
from transformers import AutoModelForImageTextToText, BatchFeature, PreTrainedModel
from transformers.integrations.deepspeed import HfDeepSpeedConfig, unset_hf_deepspeed_config

from cadvlm.config.train import TrainConfig
from cadvlm.models.checkpoint import export
from cadvlm.models.load import Loaded, load
from cadvlm.training.precision import Precision, resolve
from cadvlm.training.trainable import decay_groups, prepare

_TAG = "state"
"""DeepSpeed's name for the folder inside a checkpoint."""


class Engine:
    """One worker's share of a model that all workers train. All of them make the same calls."""

    def __init__(self, config: TrainConfig, base: str, gpu: bool) -> None:
        self.config = config
        self.precision = resolve(config.precision, gpu)
        self.grad_norm = 0.0
        """Of the last step, before clipping."""
        self._deepspeed = _import_deepspeed(gpu)
        # ZeRO-3 must know of the other workers before it reads weights.
        self._deepspeed.init_distributed()
        settings = deepspeed_settings(config, self.precision)
        torch.manual_seed(config.seed)
        model, self.processor = self._open(base, settings)
        if config.gradient_checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        self._base_config, self._generation = model.config, model.generation_config
        model = prepare(model, config)
        self._frozen = not all(weight.requires_grad for weight in model.parameters())
        optimizer = torch.optim.AdamW(
            decay_groups(model, config.optimizer.weight_decay),
            lr=config.optimizer.lr,
            betas=config.optimizer.betas,
            fused=True,
        )
        self._engine, *_ = self._deepspeed.initialize(
            model=model, optimizer=optimizer, config=settings
        )
        self._engine.train()  # models are opened for evaluation, without dropout

    @property
    def input_dtype(self) -> torch.dtype:
        """In which precision pictures are handed in."""
        return torch.float32 if self.precision == "fp32" else torch.bfloat16

    def set_lr(self, lr: float) -> None:
        """The learning rate of the next step."""
        for group in self._engine.optimizer.param_groups:
            group["lr"] = lr

    def logits(self, inputs: BatchFeature, keep: int) -> torch.Tensor:
        """Scores (B, T, V) of at least the last ``keep`` positions."""
        outputs = self._engine(**inputs, use_cache=False, logits_to_keep=keep)
        scores: torch.Tensor = outputs.logits
        return scores

    def backward(self, loss: torch.Tensor) -> None:
        """Add a micro-batch's gradients; the last micro-batch of a step also takes the step."""
        self._engine.backward(loss)
        if self._engine.is_gradient_accumulation_boundary():
            # Without ZeRO, DeepSpeed clips the gradients and does not say what their norm was.
            weights = self._engine.module.parameters()
            norm = torch.nn.utils.get_total_norm(w.grad for w in weights if w.grad is not None)
            self._engine.step()
            self.grad_norm = float(self._engine.get_global_grad_norm() or norm)
        else:
            self._engine.step()

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """No gradients and no dropout in here."""
        self._engine.eval()
        with torch.no_grad():
            yield
        self._engine.train()

    def save(self, step: int, metrics: dict[str, Any]) -> None:
        """Report a checkpoint after ``step`` steps to Ray Train, each worker its own shard."""
        with tempfile.TemporaryDirectory(prefix="cadvlm-checkpoint-") as folder:
            self._engine.save_checkpoint(
                folder,
                tag=_TAG,
                client_state={"step": step},
                exclude_frozen_parameters=self._frozen,
            )
            ray.train.report(
                metrics,
                checkpoint=Checkpoint.from_directory(folder),
                checkpoint_dir_name=f"step-{step:08}",
            )

    def resume(self, checkpoint: Checkpoint | None) -> int:
        """Go back to a checkpoint; the number of steps it had taken, 0 without one."""
        if checkpoint is None:
            return 0
        with checkpoint.as_directory() as folder:
            _, state = self._engine.load_checkpoint(
                folder, tag=_TAG, load_module_strict=not self._frozen
            )
        return int(state["step"])

    def export(self, folder: str, keep: bool) -> None:
        """Write the model as plain Hugging Face folders, on the worker that says ``keep``.

        The engine is of no further use afterwards.
        """
        model = self._engine.module
        if self.config.zero_stage == 3:
            weights = self._gather(keep)
            model = self._whole(weights) if keep else None
        if keep:
            export(model, self.processor, folder)

    def _open(self, base: str, settings: dict[str, Any]) -> Loaded:
        dtype = torch.bfloat16 if self.precision == "bf16" else torch.float32
        if self.config.zero_stage < 3:
            return load(base, dtype)
        # While this object lives, transformers spreads weights over the workers as it reads them.
        living = HfDeepSpeedConfig(settings)
        loaded = load(base, dtype)
        del living
        unset_hf_deepspeed_config()
        return loaded

    def _gather(self, keep: bool) -> dict[str, torch.Tensor]:
        """Weights that ZeRO-3 has spread over the workers, brought together one by one."""
        weights = {}
        for name, weight in self._engine.module.named_parameters():
            with self._deepspeed.zero.GatheredParameters([weight]):
                if keep:
                    weights[name] = weight.detach().cpu().clone()
        return weights

    def _whole(self, weights: dict[str, torch.Tensor]) -> PreTrainedModel | PeftModel:
        """The model as it would be without ZeRO-3, whose own would be saved under wrong names."""
        with torch.device("meta"):
            plain = AutoModelForImageTextToText.from_config(self._base_config)
            plain.generation_config = self._generation
            plain = prepare(plain, self.config)
        plain.load_state_dict(weights, strict=False, assign=True)
        (plain.get_base_model() if isinstance(plain, PeftModel) else plain).tie_weights()
        return plain


def deepspeed_settings(config: TrainConfig, precision: Precision) -> dict[str, Any]:
    """DeepSpeed's own configuration for a run."""
    settings: dict[str, Any] = {
        "train_batch_size": config.batch_size,
        "train_micro_batch_size_per_gpu": config.micro_batch,
        "gradient_accumulation_steps": config.accumulation,
        "gradient_clipping": config.optimizer.grad_clip,
        "zero_optimization": {"stage": config.zero_stage},
        "zero_allow_untested_optimizer": True,
        "steps_per_print": 10**9,
        # Every worker writes its own files, and Ray Train brings them together.
        "checkpoint": {"use_node_local_storage": True},
    }
    if precision == "autocast":
        settings["torch_autocast"] = {"enabled": True, "dtype": "bfloat16"}
    if precision == "bf16":
        settings["bf16"] = {"enabled": True}
    return settings


def _import_deepspeed(gpu: bool) -> Any:
    if not gpu:
        # Must be known before the first import: DeepSpeed looks for its device then.
        os.environ["DS_ACCELERATOR"] = "cpu"
    import deepspeed

    # Shared-memory collectives would be compiled on first use: most of a minute, and a failure
    # where there is no compiler. Gloo serves as well.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    return deepspeed
