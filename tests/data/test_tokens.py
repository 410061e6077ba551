import pytest

from cadvlm.codegen.length import count_tokens
from cadvlm.data.tokens import counter
from cadvlm.errors import InputError
from cadvlm.models.tokenizer import train

CODE = "import cadquery as cq\nresult = cq.Workplane().box(1, 2, 3)\n"


def test_without_a_tokenizer_words_of_python_are_counted():
    assert counter(None)(CODE) == count_tokens(CODE)


def test_a_folder_of_a_tokenizer_counts_as_the_model_will(tmp_path):
    tokenizer = train([CODE] * 30, 2048)
    tokenizer.save_pretrained(tmp_path)
    for place in (str(tmp_path), f"file://{tmp_path}"):
        assert counter(place)(CODE) == len(tokenizer.tokenize(CODE))


@pytest.mark.parametrize("name", ["/no/such/folder", "."])
def test_a_tokenizer_that_is_not_there_is_one_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^tokenizer: ") as failure:
        counter(name)
    assert "\n" not in str(failure.value)
