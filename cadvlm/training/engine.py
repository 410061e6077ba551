"""A model inside DeepSpeed, on CPU and GPU alike: opened, stepped, copied, restored, exported."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForImageTextToText, BatchFeature, PreTrainedModel
from transformers.integrations.deepspeed import HfDeepSpeedConfig, unset_hf_deepspeed_config

from cadvlm.config.train import TrainConfig
from cadvlm.models.checkpoint import export
from cadvlm.models.load import Loaded, load
from cadvlm.training import state
from cadvlm.training.flops import Flops
from cadvlm.training.guards import Guard, GuardedAdamW
from cadvlm.training.precision import Precision, computes_in, keeps_weights_in, resolve
from cadvlm.training.trainable import decay_groups, prepare


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
        model, self.processor = self._open(base, settings)
        if config.gradient_checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        self._base_config, self._generation = model.config, model.generation_config
        torch.manual_seed(config.seed)  # reading weights may draw numbers, under ZeRO-3 other ones
        model = prepare(model, config)
        self.flops = Flops.of(model)
        self.guard = Guard(config.guards)
        optimizer = GuardedAdamW(
            decay_groups(model, config.optimizer.weight_decay),
            lr=config.optimizer.lr,
            betas=config.optimizer.betas,
            fused=True,
        )
        self._engine, *_ = self._deepspeed.initialize(
            model=model, optimizer=optimizer, config=settings
        )
        optimizer.asks = self._lets_through
        self._norm: torch.Tensor | None = None
        self._taken: bool | None = None
        self._engine.train()  # models are opened for evaluation, without dropout

    @property
    def input_dtype(self) -> torch.dtype:
        """In which precision pictures are handed in."""
        return computes_in(self.precision)

    @property
    def model(self) -> PreTrainedModel | PeftModel:
        """The model as it is so far."""
        return self._engine.module

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
            self._norm = None if self._engine.zero_optimization_stage() else self._whole_norm()
            self._taken = None
            self._engine.step()
            if self._taken is None:  # DeepSpeed itself does not take what overflows
                self.grad_norm = math.inf
                self.guard.lets_through(self.grad_norm)
        else:
            self._engine.step()

    @contextmanager
    def evaluating(self) -> Iterator[PreTrainedModel | PeftModel]:
        """No gradients and no dropout in here; the model, as it is so far."""
        self._engine.eval()
        with torch.no_grad():
            yield self.model
        self._engine.train()

    def snapshot(self) -> dict[str, torch.Tensor]:
        """This worker's share of what was learnt, copied; see :mod:`cadvlm.training.state`."""
        return state.snapshot(self._engine)

    def counters(self) -> dict[str, Any]:
        """What goes with the copies of all workers."""
        return {
            "updates": state.updates(self._engine),
            "loss_scale": self._loss_scale(),
            "guard": self.guard.state(),
        }

    def restore(self, files: Sequence[str], counters: Mapping[str, Any]) -> None:
        """Take over the copies of all workers of a run, however many they were."""
        state.restore(self._engine, files, counters["updates"])
        self.guard.restore(counters["guard"])
        if scaler := self._loss_scale():
            vars(self._engine.optimizer.loss_scaler).update(scaler | counters["loss_scale"])

    def export(self, folder: str, keep: bool) -> None:
        """Write the model as plain Hugging Face folders, on the worker that says ``keep``.

        The engine is of no further use afterwards.
        """
        model: PreTrainedModel | PeftModel | None = self.model
        if self.config.zero_stage == 3:
            weights = self._gather(keep)
            model = self._whole(weights) if keep else None
        if keep:
            export(model, self.processor, folder)

    def _open(self, base: str, settings: dict[str, Any]) -> Loaded:
        dtype = keeps_weights_in(self.precision)
        if self.config.zero_stage < 3:
            return load(base, dtype)
        # While this object lives, transformers spreads weights over the workers as it reads them.
        living = HfDeepSpeedConfig(settings)
        loaded = load(base, dtype)
        del living
        unset_hf_deepspeed_config()
        return loaded

    def _lets_through(self) -> bool:
        """The optimizer asks once for each of its shards; a step has one answer."""
        if self._taken is None:
            norm = self._engine.optimizer._global_grad_norm if self._norm is None else self._norm
            self.grad_norm = float(norm) if norm >= 0 else math.inf  # -1: not finite
            self._taken = self.guard.lets_through(self.grad_norm)
        return self._taken

    def _whole_norm(self) -> torch.Tensor:
        """Without ZeRO, DeepSpeed clips the gradients and does not say what their norm was."""
        weights = self._engine.module.parameters()
        return torch.nn.utils.get_total_norm(w.grad for w in weights if w.grad is not None)

    def _loss_scale(self) -> dict[str, float]:
        """Where the search for fp16's loss scale stands."""
        if self.precision != "fp16":
            return {}
        scaler = vars(self._engine.optimizer.loss_scaler)
        return {name: value for name, value in scaler.items() if isinstance(value, int | float)}

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
    """DeepSpeed's own configuration for a run; it is written nowhere else."""
    # In half precision DeepSpeed keeps the fp32 weights that make a run exact from stage 1 on.
    stage = config.zero_stage or int(precision in ("bf16", "fp16"))
    zero: dict[str, Any] = {"stage": stage}
    if config.offload:
        zero["offload_optimizer"] = {"device": "cpu", "pin_memory": torch.cuda.is_available()}
    if config.offload == "weights":
        zero["offload_param"] = {"device": "cpu", "pin_memory": torch.cuda.is_available()}
    if stage == 3 and precision == "autocast":
        # Weights are fetched in bf16. Small ones would be kept whole in fp32, but for a step after
        # something else used them (a resume, a look at samples), which would be rounded otherwise.
        zero["stage3_param_persistence_threshold"] = 0
    settings: dict[str, Any] = {
        "train_batch_size": config.batch_size,
        "train_micro_batch_size_per_gpu": config.micro_batch,
        "gradient_accumulation_steps": config.accumulation,
        "gradient_clipping": config.optimizer.grad_clip,
        "zero_optimization": zero,
        "zero_allow_untested_optimizer": True,
        # torch's fused AdamW steps on the host too; DeepSpeed's own would be compiled first.
        "zero_force_ds_cpu_optimizer": False,
        "steps_per_print": 10**9,
    }
    if precision == "autocast":
        settings["torch_autocast"] = {"enabled": True, "dtype": "bfloat16"}
    if precision in ("bf16", "fp16"):
        settings[precision] = {"enabled": True}
    return settings


def _import_deepspeed(gpu: bool) -> Any:
    if not gpu:
        # Must be known before the first import: DeepSpeed looks for its device then.
        os.environ["DS_ACCELERATOR"] = "cpu"
    with _without_luxuries():
        import deepspeed
        import deepspeed.runtime.zero.muon.muon_optimizer

    # Shared-memory collectives would be compiled on first use: most of a minute, and a failure
    # where there is no compiler. Gloo serves as well.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    # It knows torch's AdamW and warns of any other.
    deepspeed.runtime.zero.utils.ZERO_SUPPORTED_OPTIMIZERS.append(GuardedAdamW)
    return deepspeed


@contextmanager
def _without_luxuries() -> Iterator[None]:
    """Imports without what takes seconds and is not used: MLflow, which DeepSpeed's autotuner looks
    for, and torch's compiler, with which one of its optimizers prepares itself."""
    named = "TORCHDYNAMO_DISABLE"
    compiles, loaded = os.environ.get(named), "mlflow" in sys.modules
    os.environ[named] = "1"
    if not loaded:
        sys.modules["mlflow"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if not loaded:
            del sys.modules["mlflow"]
        del os.environ[named]
        if compiles is not None:
            os.environ[named] = compiles
