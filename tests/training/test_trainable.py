import copy

import pytest

from cadvlm.config.train import TrainConfig
from cadvlm.errors import ConfigError
from cadvlm.models.parts import Part, part_of
from cadvlm.training.trainable import decay_groups, prepare


def _prepared(tiny, **settings):
    config = TrainConfig.parse({"dataset": "d", "out": "o", **settings})
    return prepare(copy.deepcopy(tiny.model), config)


def _learning(model) -> set[Part]:
    return {part_of(name) for name, weight in model.named_parameters() if weight.requires_grad}


def test_align_trains_the_projector_alone(tiny):
    assert _learning(_prepared(tiny, stage="align")) == {Part.PROJECTOR}


def test_finetune_leaves_the_tower_alone(tiny):
    assert _learning(_prepared(tiny)) == {Part.PROJECTOR, Part.LANGUAGE}


def test_tower_learns_when_asked(tiny):
    assert _learning(_prepared(tiny, train_vision=True)) == set(Part)


def test_adapters_are_on_the_language_model_only(tiny):
    model = _prepared(tiny, method="lora")
    adapted = {
        name.partition(".lora_")[0] for name, _ in model.named_parameters() if "lora_" in name
    }
    assert len(adapted) == 7
    assert {part_of(name) for name in adapted} == {Part.LANGUAGE}


def test_with_adapters_the_projector_learns_in_full(tiny):
    model = _prepared(tiny, method="lora")
    learning = [name for name, weight in model.named_parameters() if weight.requires_grad]
    others = [name for name in learning if "lora_" not in name]
    assert others
    assert {part_of(name) for name in others} == {Part.PROJECTOR}


def test_target_that_matches_nothing_is_an_error_that_names_what_would(tiny):
    with pytest.raises(ConfigError, match=r"'qq_proj' matches no linear layer.* q_proj"):
        _prepared(tiny, lora={"targets": ["q_proj", "qq_proj"]})


def test_target_that_only_the_tower_has_matches_nothing(tiny):
    with pytest.raises(ConfigError, match="fc1"):
        _prepared(tiny, lora={"targets": ["fc1"]})


def test_vectors_are_spared_from_decay(tiny):
    model = _prepared(tiny, train_vision=True)
    matrices, vectors = decay_groups(model, 0.1)
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.1, 0.0)
    assert all(weight.ndim > 1 for weight in matrices["params"])
    assert all(weight.ndim == 1 for weight in vectors["params"])
    count = len(matrices["params"]) + len(vectors["params"])
    assert count == sum(weight.requires_grad for weight in model.parameters())
