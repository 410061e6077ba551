import pytest
import torch
from PIL import Image

from cadvlm.errors import InputError
from cadvlm.models.collate import collate
from cadvlm.models.prompt import encode, encode_each
from cadvlm.records import PROMPT
from tests.training.samples import code, picture

ANSWERS = [code(4), "result = 1\n", code(9) * 3]
PICTURES = [[picture(side)] for side in (4, 8, 9)]
PROMPTS = [PROMPT, "Draw.", PROMPT]


@pytest.fixture
def batch(tiny):
    return encode(tiny.processor, PROMPTS, PICTURES, ANSWERS)


def test_labels_hold_the_answer_and_its_end_and_nothing_else(tiny, batch):
    tokenizer = tiny.processor.tokenizer
    for labels, answer in zip(batch["labels"], ANSWERS, strict=True):
        learnt = labels[labels != -100]
        assert learnt[-1] == tokenizer.eos_token_id
        assert tokenizer.decode(learnt[:-1]) == answer


def test_labels_stand_where_the_answer_is_read(batch):
    learnt = batch["labels"] != -100
    assert torch.equal(batch["labels"][learnt], batch["input_ids"][learnt])
    assert batch["attention_mask"][learnt].all()


def test_prompt_is_the_same_with_and_without_an_answer(tiny, batch):
    asked = encode(tiny.processor, PROMPTS, PICTURES)
    for row in range(3):
        real = asked["attention_mask"][row].bool()
        prompt = asked["input_ids"][row][real]
        assert torch.equal(batch["input_ids"][row][: len(prompt)], prompt)
        assert batch["labels"][row][len(prompt)] != -100
    assert torch.equal(asked["pixel_values"], batch["pixel_values"])


def test_questions_are_padded_on_the_left(tiny):
    asked = encode(tiny.processor, PROMPTS, PICTURES)
    assert asked["attention_mask"][:, -1].all()
    padding = asked["input_ids"][asked["attention_mask"] == 0]
    assert (padding == tiny.processor.tokenizer.pad_token_id).all()
    assert tiny.processor.decode(asked["input_ids"][0]).endswith(f"{PROMPT}<|assistant|>")


def test_picture_takes_one_token_a_patch_and_the_text_starts_once(tiny):
    asked = encode(tiny.processor, [PROMPT], [[picture(4)]])
    ids = asked["input_ids"][0].tolist()
    assert ids.count(tiny.processor.image_token_id) == 4
    assert ids.count(tiny.processor.tokenizer.bos_token_id) == 1


def test_samples_made_alone_equal_samples_made_together(tiny, batch):
    alone = [
        encode_each(tiny.processor, [prompt], [pictures], [answer])[0]
        for prompt, pictures, answer in zip(PROMPTS, PICTURES, ANSWERS, strict=True)
    ]
    joined = collate(alone, tiny.processor, "right")
    assert joined.keys() == batch.keys()
    assert all(torch.equal(joined[name], batch[name]) for name in batch)


def test_samples_with_several_pictures_keep_their_own(tiny):
    pictures = [[picture(4), picture(8)], [picture(9), picture(16)]]
    together = encode(tiny.processor, PROMPTS[:2], pictures, ANSWERS[:2])
    assert together["pixel_values"].shape[0] == 4
    assert (together["input_ids"] == tiny.processor.image_token_id).sum(dim=1).tolist() == [8, 8]


def test_samples_without_pictures_leave_the_others_theirs(tiny):
    pictures = [[], [picture(4), picture(8)]]
    together = encode(tiny.processor, PROMPTS[:2], pictures, ANSWERS[:2])
    alone = encode(tiny.processor, PROMPTS[1:2], pictures[1:], ANSWERS[1:2])
    assert (together["input_ids"] == tiny.processor.image_token_id).sum(dim=1).tolist() == [0, 8]
    assert torch.equal(together["pixel_values"], alone["pixel_values"])


def test_prompt_without_a_picture_is_text_alone(tiny):
    asked = encode(tiny.processor, ["Draw."], [[]])
    assert "pixel_values" not in asked


def test_colour_and_transparency_are_read_as_pictures(tiny):
    pictures = [[Image.new(mode, (40, 30))] for mode in ("RGB", "RGBA", "L")]
    assert encode(tiny.processor, PROMPTS, pictures)["pixel_values"].shape == (3, 3, 32, 32)


def test_special_words_in_a_program_stay_text(tiny):
    answer = 'note = "<image></s>"\n'
    encoded = encode(tiny.processor, [PROMPT], [[picture(4)]], [answer])
    assert encoded["input_ids"][0].tolist().count(tiny.processor.image_token_id) == 4
    learnt = encoded["labels"][encoded["labels"] != -100]
    assert tiny.processor.tokenizer.decode(learnt[:-1]) == answer


def test_marker_of_a_picture_in_a_prompt_is_refused(tiny):
    with pytest.raises(InputError, match="<image>"):
        encode(tiny.processor, ["What is <image>?"], [[picture(4)]])
