"""Settings that contradict each other are refused, and both are named."""

import pytest

from cadvlm.config.data import PrepareConfig
from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.model import LlavaConfig, ModelConfig
from cadvlm.config.train import LoraConfig, TrainConfig
from cadvlm.errors import ConfigError

TRAIN = ["dataset=d", "out=o"]
REWARD = [*TRAIN, "stage=reward", "model=m"]


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
        (TrainConfig, [*TRAIN, "stage=reward"], "reward.* earlier run.*model=DIR"),
        (TrainConfig, [*TRAIN, "reward.group=8"], "stage=reward.* finetune"),
        (TrainConfig, [*REWARD, "batch_size=24"], r"\(24\).*group \(8\) x workers.count \(2\): 16"),
        (TrainConfig, [*REWARD, "micro_batch_size=auto"], r"\(auto\).*stage=reward"),
        (TrainConfig, [*REWARD, "reward.learn=9"], r"learn \(9\).*group \(8\)"),
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


def test_a_step_of_rewards_takes_questions_and_its_batch_their_answers():
    config = TrainConfig.load([*REWARD, "batch_size=64", "reward.group=16", "reward.learn=4"])
    assert (config.rows_per_step, config.micro_batch, config.updates) == (16, 32, 1)
    assert TrainConfig.load(TRAIN).rows_per_step == TrainConfig.load(TRAIN).batch_size
    assert TrainConfig.load(REWARD).override({"reward.updates": 3}).updates == 3


def test_bare_model_is_its_path():
    assert TrainConfig.load([*TRAIN, "model=org/name"]).model == ModelConfig(path="org/name")


def test_batches_are_shared_out_over_workers_and_steps():
    config = TrainConfig.load([*TRAIN, "batch_size=48", "micro_batch_size=8", "workers.count=2"])
    assert (config.micro_batch, config.accumulation) == (8, 3)
    whole = TrainConfig.load([*TRAIN, "batch_size=48", "workers.count=2"])
    assert (whole.micro_batch, whole.accumulation) == (24, 1)


def test_default_model_divides():
    assert LlavaConfig().image_size % LlavaConfig().patch_size == 0
