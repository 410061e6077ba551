import pytest
from transformers import PreTrainedTokenizerFast

from cadvlm.models import tokenizer as tokenizers
from cadvlm.records import PROMPT

CODE = (
    'import cadquery as cq\n\nresult = cq.Workplane("XY").box({}, {}, 10).edges("|Z").fillet({})\n'
)
TEXTS = [PROMPT, *(CODE.format(n, n + 7, n % 5) for n in range(100))]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return tokenizers.train(TEXTS, vocabulary=1500)


@pytest.mark.parametrize(
    "text",
    [
        TEXTS[1],
        PROMPT,
        "  leading, trailing  \n\n\t",
        "0.0625 -12.5e-07 1234567 007",
        "Größe = 5 # ½ × π, 長さ 🙂",
        "a , b .c 's n't",
        "",
    ],
)
def test_any_text_is_given_back_to_the_letter(tokenizer, text):
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_every_number_below_a_thousand_is_one_token(tokenizer):
    assert all(len(tokenizer(str(number))["input_ids"]) == 1 for number in range(1000))


def test_leading_zeros_are_kept_in_one_token(tokenizer):
    assert len(tokenizer("0.05")["input_ids"]) == 3


def test_numbers_are_never_merged_with_their_surroundings(tokenizer):
    pieces = tokenizer.tokenize(TEXTS[40])
    assert [piece for piece in pieces if any(map(str.isdigit, piece))] == ["39", "46", "10", "4"]


def test_text_that_repeats_costs_one_token_between_numbers(tokenizer):
    assert len(tokenizer(TEXTS[1])["input_ids"]) == 9


def test_same_texts_in_another_order_give_the_same_tokenizer(tokenizer):
    other = tokenizers.train(reversed(TEXTS), vocabulary=1500)
    assert other.get_vocab() == tokenizer.get_vocab()


def test_vocabulary_is_not_exceeded():
    distinct = [f"name_{chr(97 + a)}{chr(97 + b)} = x" for a in range(26) for b in range(26)]
    assert len(tokenizers.train(distinct * 20, vocabulary=1400)) <= 1400


def test_special_tokens_are_one_token_each(tokenizer):
    text = "<s><|user|><image>\n<|assistant|></s>"
    assert len(tokenizer(text)["input_ids"]) == 6
