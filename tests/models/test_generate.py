import copy

import pytest
import torch

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.errors import InputError
from cadvlm.models.generate import Generator
from cadvlm.models.sampling import Sampling
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


def test_a_row_is_written_alike_in_any_company(folder):
    generator = _generator(folder)
    samples = generator.encode(PROMPTS, PICTURES)
    how = [Sampling(8, temperature, seed=7) for temperature in (0.0, 0.5, 1.0, 2.0, 1.0)]
    together = generator.write(samples, how)
    assert together == [generator.write([s], [h])[0] for s, h in zip(samples, how, strict=True)]


def test_gumbels_noise_draws_each_token_as_often_as_the_model_says(folder):
    from cadvlm.models.generate import _Draw

    scores = torch.log(torch.tensor([0.5, 0.3, 0.2])).repeat(4000, 1) * 2
    how = [Sampling(1, temperature=2.0, seed=seed) for seed in range(len(scores))]
    drawn = _Draw(how, torch.device("cpu"))(torch.empty(0), scores).argmax(dim=1)
    shares = torch.bincount(drawn) / len(drawn)
    assert shares.tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.03)


def test_a_listener_hears_every_token_and_can_stop_its_row(folder):
    generator = _generator(folder)
    samples = generator.encode(PROMPTS[:2], PICTURES[:2])
    heard = {0: [], 1: []}

    def hear(row, token, last):
        heard[row].append((token, last))
        return row == 1 or len(heard[0]) < 3

    full = generator.write(samples, [Sampling(8)] * 2)
    answers = generator.write(samples, [Sampling(8), Sampling(6)], hear)
    assert len(heard[0]) == 3
    assert [last for _, last in heard[1]] == [False] * 5 + [True]
    assert full[1].startswith(answers[1])
    assert answers[1] == generator.decode([token for token, _ in heard[1]])


def test_an_adapter_writes_something_else_until_it_is_left(folder, tiny, tmp_path):
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    adapted = get_peft_model(copy.deepcopy(tiny.model), lora)
    for name, weight in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight)
    adapted.save_pretrained(tmp_path)
    generator = _generator(folder)
    before = generator.answer(PROMPTS, PICTURES)
    generator.add_adapter("other", str(tmp_path))
    assert generator.answer(PROMPTS, PICTURES) == before
    generator.use("other")
    assert generator.answer(PROMPTS, PICTURES) != before
    generator.use(None)
    assert generator.answer(PROMPTS, PICTURES) == before


def test_a_folder_without_an_adapter_is_named(folder, tmp_path):
    with pytest.raises(InputError, match=str(tmp_path)):
        _generator(folder).add_adapter("none", str(tmp_path))
