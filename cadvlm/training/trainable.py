"""Which weights learn: by stage, by part, in full or through adapters."""

from __future__ import annotations

from collections.abc import Collection

from peft import LoraConfig as PeftConfig
from peft import PeftModel, get_peft_model
from torch import nn
from transformers import PreTrainedModel

from cadvlm.config.train import LoraConfig, TrainConfig
from cadvlm.errors import ConfigError
from cadvlm.models.parts import Part, part_of


def prepare(model: PreTrainedModel, config: TrainConfig) -> PreTrainedModel | PeftModel:
    """Freeze what does not learn and add adapters where asked.

    Raises:
        ConfigError: nothing is left to learn, or an adapter's target matches no layer.
    """
    parts = _parts(config)
    for name, weight in model.named_parameters():
        weight.requires_grad = part_of(name) in parts
    if config.stage != "align" and config.lora is not None:
        # In the weights' own precision: DeepSpeed packs all of them into one buffer.
        adapters = _adapters(model, config.lora, parts)
        model = get_peft_model(model, adapters, autocast_adapter_dtype=False)
    if not any(weight.requires_grad for weight in model.parameters()):
        raise ConfigError(
            f"stage: {config.stage} trains {', '.join(sorted(parts))}, "
            f"and {type(model).__name__} has no weights of that kind"
        )
    return model


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """The trainable weights for an optimizer: matrices decay, vectors (biases, norms) do not."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    matrices = [weight for weight in weights if _dimensions(weight) > 1]
    vectors = [weight for weight in weights if _dimensions(weight) <= 1]
    groups = [(matrices, weight_decay), (vectors, 0.0)]
    return [{"params": params, "weight_decay": decay} for params, decay in groups if params]


def _dimensions(weight: nn.Parameter) -> int:
    # Under ZeRO-3 a weight is an empty vector here and keeps its shape in ds_shape.
    return len(getattr(weight, "ds_shape", weight.shape))


def _parts(config: TrainConfig) -> set[Part]:
    if config.stage == "align":
        return {Part.PROJECTOR}
    tower = {Part.VISION} if config.train_vision else set()
    return {Part.PROJECTOR, Part.LANGUAGE} | tower


def _adapters(model: PreTrainedModel, lora: LoraConfig, parts: Collection[Part]) -> PeftConfig:
    """Adapters on the language model; the other parts that learn do so in full."""
    layers = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    language = [name for name in layers if part_of(name) == Part.LANGUAGE]
    for target in lora.targets:
        if not any(_is(name, target) for name in language):
            known = sorted({name.rpartition(".")[2] for name in language})
            raise ConfigError(
                f"lora.targets: {target!r} matches no linear layer of the language model; "
                f"it has {', '.join(known)}"
            )
    return PeftConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        # Whole names: the tower has layers of the same short names.
        target_modules=[name for name in language if any(_is(name, t) for t in lora.targets)],
        modules_to_save=_roots(model, set(parts) - {Part.LANGUAGE}),
    )


def _is(name: str, target: str) -> bool:
    return name == target or name.endswith(f".{target}")


def _roots(model: nn.Module, parts: Collection[Part]) -> list[str]:
    """Names of the topmost modules that belong to these parts; of a list, those of its members."""
    roots: list[str] = []
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{root}.") for root in roots)
        is_list = isinstance(module, nn.ModuleList)
        if name and not inside and not is_list and part_of(name) in parts:
            roots.append(name)
    return roots
