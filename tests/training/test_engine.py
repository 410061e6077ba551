"""DeepSpeed's own settings are made from ours, and nowhere else."""

import torch

from cadvlm.config.train import TrainConfig
from cadvlm.training.engine import deepspeed_settings
from cadvlm.training.precision import computes_in, keeps_weights_in


def _settings(precision="fp32", **given):
    config = TrainConfig.parse({"dataset": "d", "out": "o", "batch_size": 48, **given})
    return deepspeed_settings(config, precision)


def test_batches_and_clipping_are_ours():
    made = _settings(micro_batch_size=8, workers={"count": 2}, optimizer={"grad_clip": 0.5})
    assert made["train_batch_size"] == 48
    assert made["train_micro_batch_size_per_gpu"] == 8
    assert made["gradient_accumulation_steps"] == 3
    assert made["gradient_clipping"] == 0.5


def test_half_precision_is_partitioned_at_least_by_its_optimizer():
    stages = [_settings(p, zero_stage=0)["zero_optimization"]["stage"] for p in ("fp32", "bf16")]
    assert stages == [0, 1]


def test_precisions_are_named_as_deepspeed_names_them():
    assert _settings("bf16")["bf16"] == _settings("fp16")["fp16"] == {"enabled": True}
    assert _settings("autocast")["torch_autocast"] == {"enabled": True, "dtype": "bfloat16"}
    assert not {"bf16", "fp16", "torch_autocast"} & _settings("fp32").keys()
    assert [keeps_weights_in(p) for p in ("autocast", "fp16")] == [torch.float32, torch.float16]
    assert computes_in("autocast") == torch.bfloat16


def test_weights_are_rounded_alike_however_they_come_to_a_worker():
    key = "stage3_param_persistence_threshold"
    assert _settings("autocast", zero_stage=3)["zero_optimization"][key] == 0
    assert key not in _settings("bf16", zero_stage=3)["zero_optimization"]


def test_offload_moves_the_optimizer_and_the_weights_when_asked():
    assert "offload_optimizer" not in _settings()["zero_optimization"]
    optimizer = _settings(offload="optimizer")["zero_optimization"]
    assert optimizer["offload_optimizer"]["device"] == "cpu"
    assert "offload_param" not in optimizer
    weights = _settings(offload="weights", zero_stage=3)["zero_optimization"]
    assert weights["offload_param"]["device"] == weights["offload_optimizer"]["device"] == "cpu"
