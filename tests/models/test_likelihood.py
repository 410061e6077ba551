from math import exp

import pytest
import torch
from PIL import Image

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.models.generate import Generator
from cadvlm.models.likelihood import surprise
from cadvlm.models.prompt import encode
from cadvlm.records import PROMPT
from tests.serve.taught import LYING, UPRIGHT, teach

WHITE = Image.new("RGB", (32, 32), "white")


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    folder = tmp_path_factory.mktemp("taught")
    teach(folder, [UPRIGHT])
    return Generator(str(folder), GenerationConfig(gpu=False))


def test_a_model_expects_what_it_was_taught(generator):
    known, other = surprise(generator, [PROMPT] * 2, [[WHITE]] * 2, [UPRIGHT, LYING])
    assert exp(known.nats / known.tokens) < 1.2
    assert other.nats > 3 * known.nats


def test_the_surprise_is_the_loss_of_the_answer(generator):
    [alone] = surprise(generator, [PROMPT], [[WHITE]], [UPRIGHT])
    batch = encode(generator.processor, [PROMPT], [[WHITE]], [UPRIGHT])
    with torch.no_grad():
        loss = float(generator.model(**batch).loss)
    assert alone.tokens == int((batch["labels"] != -100).sum())
    assert alone.nats / alone.tokens == pytest.approx(loss, rel=1e-3)


def test_company_of_another_length_changes_nothing(generator):
    [alone] = surprise(generator, [PROMPT], [[WHITE]], [UPRIGHT])
    long = UPRIGHT * 3
    together = surprise(generator, [PROMPT] * 2, [[WHITE]] * 2, [UPRIGHT, long])
    assert together[0].nats == pytest.approx(alone.nats, rel=1e-3, abs=1e-3)
