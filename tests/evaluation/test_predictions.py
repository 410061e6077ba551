import gzip
import json

import pytest

from cadvlm.errors import InputError
from cadvlm.evaluation.predictions import read_predictions
from tests.parts import BOX


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "7", "code": "x = 1\n"},
        {"id": 7, "code": "x = 1\n", "language": "openecad"},
        {"file_id": "7", "generated": "x = 1\n"},
        {"question_id": 7, "text": "x = 1\n", "prompt": "Generate the code"},
        {"question_id": 7, "text": "Generate the code", "ground_truth": "x = 1\n"},
    ],
)
def test_predictions_are_read_as_each_benchmark_writes_them(tmp_path, row):
    [(id_, prediction)] = read_predictions(write(tmp_path / "p.jsonl", [row])).items()
    assert (id_, prediction.id, prediction.code) == ("7", "7", "x = 1\n")


def test_fences_are_cut_off_and_the_raw_text_is_kept(tmp_path):
    answer = f"Here you are:\n```python\n{BOX.program.code}```\nEnjoy."
    predictions = read_predictions(write(tmp_path / "p.jsonl", [{"id": "a", "code": answer}]))
    assert predictions["a"].code == BOX.program.code
    assert predictions["a"].text == answer


def test_gzip_is_read_as_it_is(tmp_path):
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "a", "code": "x = 1"}\n'))
    assert list(read_predictions(str(path))) == ["a"]
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(InputError, match=r"p\.jsonl\.gz: Truncated"):
        read_predictions(str(path))


def test_a_folder_of_programs_is_read(tmp_path):
    for name in ("a.py", "00000007/Python_Code.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(BOX.program.code)
    predictions = read_predictions(str(tmp_path))
    assert {id_: one.code for id_, one in predictions.items()} == {
        "00000007": BOX.program.code,
        "a": BOX.program.code,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": "a", "code": "x"}\n{"id": "b", "code"\n', "line 2: not JSON"),
        ('{"id": "a", "code": "x"}\n\n{"id": "a", "code": "y"}\n', "line 3: the id a .* line 1"),
        ('{"name": "a", "code": "x"}\n', r"line 1: found the keys \['code', 'name'\]"),
        ('{"id": "a", "code": null}\n', "line 1: code is a NoneType"),
        ('{"id": 1.5, "code": "x"}\n', "line 1: id is 1.5"),
        ('{"id": "a", "code": "x", "language": "openscad"}\n', "line 1: language is 'openscad'"),
        ("[1]\n", "line 1: found a list"),
        ("\n", "no rows"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, message):
    path = tmp_path / "predictions.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=f"predictions.jsonl.*{message}"):
        read_predictions(str(path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere.jsonl: no such file"):
        read_predictions(str(tmp_path / "nowhere.jsonl"))
