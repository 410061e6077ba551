import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from cadvlm.config.model import LlavaConfig
from cadvlm.models.build import build
from tests.models.conftest import TINY


def test_default_model_is_small_enough_for_two_cores():
    model = build(LlavaConfig(), ["box(1, 2, 3)"], seed=0).model
    assert sum(weight.numel() for weight in model.parameters()) < 1.5e6


def test_same_seed_gives_the_same_weights():
    first, second, other = (build(TINY, ["box"], seed).model for seed in (1, 1, 2))
    weights = [model.get_input_embeddings().weight for model in (first, second, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_plain_transformers_reopens_what_was_saved(tiny, tmp_path):
    for part in tiny:
        part.save_pretrained(tmp_path)
    model = AutoModelForImageTextToText.from_pretrained(tmp_path)
    processor = AutoProcessor.from_pretrained(tmp_path)
    assert type(processor) is type(tiny.processor)
    assert processor.chat_template == tiny.processor.chat_template
    assert processor.tokenizer.get_vocab() == tiny.processor.tokenizer.get_vocab()
    assert model.lm_head.weight is model.get_input_embeddings().weight
    saved = tiny.model.state_dict()
    assert all(torch.equal(weight, saved[name]) for name, weight in model.state_dict().items())
