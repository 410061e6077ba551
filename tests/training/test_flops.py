import copy

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from cadvlm.config.train import TrainConfig
from cadvlm.models.prompt import encode
from cadvlm.records import PROMPT
from cadvlm.training.flops import PEAK_TFLOPS, Flops, peak_tflops
from cadvlm.training.trainable import prepare
from tests.training.architectures import FAMILIES, made
from tests.training.samples import code, picture


@pytest.fixture(scope="module")
def batch(tiny):
    return encode(tiny.processor, [PROMPT] * 2, [[picture(9)], [picture(11)]], [code(9), code(11)])


def _prepared(model, **settings):
    config = TrainConfig.parse({"dataset": "d", "out": "o", **settings})
    return prepare(copy.deepcopy(model), config)


@pytest.mark.parametrize("family", FAMILIES)
def test_full_training_costs_what_torch_counts_but_for_what_is_stated(family):
    model, processor = made(family)
    model = _prepared(model, train_vision=True)
    batch = encode(processor, [PROMPT] * 2, [[picture(9)], [picture(11)]], [code(9), code(11)])
    with FlopCounterMode(display=False) as counter:
        model(**batch).loss.backward()
    head = model.get_output_embeddings().weight.numel()
    others = batch["labels"].numel() - int((batch["labels"] != -100).sum())
    # torch ran the head on all tokens; attention within the tower is not ours to count.
    expected = Flops.of(model).batch(batch) + 6 * head * others
    assert counter.get_total_flops() == pytest.approx(expected, rel=0.05)


def test_frozen_weights_cost_less_and_adapters_beside_them_two_thirds(tiny, batch):
    full = Flops.of(_prepared(tiny.model))
    adapters = Flops.of(_prepared(tiny.model, method="lora", lora={"rank": 1}))
    assert adapters.token / full.token == pytest.approx(2 / 3, abs=0.12)
    assert adapters.squared == full.squared
    assert full.patch == pytest.approx(Flops.of(_prepared(tiny.model, train_vision=True)).patch / 3)


def test_aligning_sends_gradients_through_a_language_model_that_stands(tiny):
    aligning, full = Flops.of(_prepared(tiny.model, stage="align")), Flops.of(_prepared(tiny.model))
    assert aligning.token == pytest.approx(full.token * 2 / 3)
    assert aligning.picture_token == full.picture_token


def test_more_tokens_pictures_and_answers_cost_more(tiny, batch):
    flops = Flops.of(_prepared(tiny.model))
    one = encode(tiny.processor, [PROMPT], [[picture(9)]], [code(9)])
    assert flops.batch(batch) == pytest.approx(2 * flops.batch(one), rel=1e-6)
    text = encode(tiny.processor, [PROMPT], [[]], [code(9)])
    assert flops.batch(text) < flops.batch(one)


def test_no_peak_is_known_of_a_cpu_and_names_do_not_hide_each_other():
    assert peak_tflops(torch.device("cpu")) is None
    names = list(PEAK_TFLOPS)
    for place, name in enumerate(names):
        assert not any(earlier in name for earlier in names[:place])
