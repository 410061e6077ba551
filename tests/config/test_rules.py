"""Settings that contradict each other are refused, and both are named."""

import pytest

from cadvlm.config.data import PrepareConfig
from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.model import LlavaConfig, ModelConfig
from cadvlm.config.train import LoraConfig, TrainConfig
from cadvlm.errors import ConfigError

TRAIN = ["dataset=d", "out=o"]


@pytest.mark.parametrize(
    ("config", "words", "message"),
    [
        (PrepareConfig, ["out=o", "sources=[]"], "sources"),
        (PrepareConfig, ["out=o", "sources=[{name: deepcad}]"], "deepcad: give path"),
        (PrepareConfig, ["out=o", "sources=[{name: synthetic}]"], "synthetic: give limit"),
        (
            PrepareConfig,
            ["out=o", "sources=[{name: synthetic, limit: 1}]", "split.val=0.5", "split.test=0.5"],
            r"val \(0.5\) and test \(0.5\)",
        ),
        (TrainConfig, [*TRAIN, "batch_size=7"], r"batch_size \(7\).*workers.count \(2\)"),
        (TrainConfig, [*TRAIN, "batch_size=1"], r"batch_size \(1\)"),
        (TrainConfig, [*TRAIN, "method=full", "lora.rank=8"], "method .* lora"),
        (TrainConfig, [*TRAIN, "model.llava.patch_size=7"], r"image_size \(96\).*patch_size \(7\)"),
        (TrainConfig, [*TRAIN, "model.llava.heads=3"], r"width \(128\).*heads \(3\)"),
        (TrainConfig, [*TRAIN, "mixture.a=1", "source_epochs.a=1"], "source_epochs and mixture"),
        (TrainConfig, [*TRAIN, "mixture.a=-1"], "mixture.a"),
        (TrainConfig, [*TRAIN, "stage=adapt"], "adapt.* earlier run.*model=DIR"),
        (TrainConfig, [*TRAIN, "offload=weights"], r"offload \(weights\).*3 or more.* is 2"),
        (TrainConfig, [*TRAIN, "offload=optimizer", "zero_stage=0"], "1 or more.* is 0"),
        (EvaluateConfig, ["out=o", "checkpoint=c"], "checkpoint and dataset, or predictions"),
        (
            EvaluateConfig,
            ["out=o", "checkpoint=c", "dataset=d", "predictions=p", "references=r"],
            "checkpoint and dataset, or predictions",
        ),
    ],
)
def test_contradiction_is_refused(config, words, message):
    with pytest.raises(ConfigError, match=message):
        config.load(words)


def test_method_and_lora_follow_each_other():
    assert TrainConfig.load(TRAIN).method == "full"
    assert TrainConfig.load([*TRAIN, "method=lora"]).lora == LoraConfig()
    assert TrainConfig.load([*TRAIN, "lora.rank=8"]).method == "lora"
    assert TrainConfig.load([*TRAIN, "lora=null"]).method == "full"


def test_bare_model_is_its_path():
    assert TrainConfig.load([*TRAIN, "model=org/name"]).model == ModelConfig(path="org/name")


def test_batches_are_shared_out_over_workers_and_steps():
    config = TrainConfig.load([*TRAIN, "batch_size=48", "micro_batch_size=8", "workers.count=2"])
    assert (config.micro_batch, config.accumulation) == (8, 3)
    whole = TrainConfig.load([*TRAIN, "batch_size=48", "workers.count=2"])
    assert (whole.micro_batch, whole.accumulation) == (24, 1)


def test_default_model_divides():
    assert LlavaConfig().image_size % LlavaConfig().patch_size == 0
