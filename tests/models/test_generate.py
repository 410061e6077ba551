import copy

import pytest
import torch

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.models.generate import Generator
from cadvlm.records import PROMPT
from tests.training.samples import picture

PROMPTS = [PROMPT, "Draw a box, please, and be quick about it.", PROMPT, "Draw.", PROMPT]
PICTURES = [[picture(side)] for side in (4, 8, 12, 16, 20)]


@pytest.fixture(scope="module")
def folder(tiny, tmp_path_factory) -> str:
    """A model that babbles: with the small weights of a new one it would repeat its last token."""
    path = tmp_path_factory.mktemp("model")
    model = copy.deepcopy(tiny.model)
    torch.manual_seed(0)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    model.save_pretrained(path)
    tiny.processor.save_pretrained(path)
    return str(path)


def _generator(folder: str, **settings) -> Generator:
    return Generator(folder, GenerationConfig(max_new_tokens=8, **settings))


def test_answers_come_in_the_order_of_the_questions(folder):
    together = _generator(folder, batch_size=2).answer(PROMPTS, PICTURES)
    alone = _generator(folder, batch_size=1).answer(PROMPTS, PICTURES)
    assert together == alone
    assert len(set(together)) > 1


def test_greedy_answers_repeat(folder):
    generator = _generator(folder)
    assert generator.answer(PROMPTS, PICTURES) == generator.answer(PROMPTS, PICTURES, seed=1)


def test_sampled_answers_follow_the_seed(folder):
    generator = _generator(folder, temperature=1.0)
    first, again, other = (generator.answer(PROMPTS, PICTURES, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_no_questions_give_no_answers(folder):
    assert _generator(folder).answer([], []) == []
