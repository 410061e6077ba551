import json

import pytest

from cadvlm.errors import InputError
from cadvlm.evaluation.references import family, read_predictions, read_references
from cadvlm.records import CadProgram, Part
from tests.parts import BOX
from tests.training import samples


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "7", "code": "x = 1\n"},
        {"id": 7, "code": "x = 1\n", "language": "cadquery"},
        {"file_id": "7", "generated": "x = 1\n"},
        {"question_id": 7, "text": "x = 1\n", "prompt": "Generate the code"},
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


@pytest.mark.parametrize(
    "row", [{"id": "7", "code": "x = 1"}, {"question_id": 7, "ground_truth": "x = 1", "text": "Q"}]
)
def test_references_are_read_in_both_formats(tmp_path, row):
    assert read_references(write(tmp_path / "bench.jsonl", [row]), "test") == [
        Part("7", "bench", CadProgram("x = 1"))
    ]


def test_references_keep_the_source_and_the_operations_they_name(tmp_path):
    row = {"id": "a", "code": "x = 1", "source": "deepcad", "operations": ["box", "hole"]}
    [part] = read_references(write(tmp_path / "r.jsonl", [row]), "test")
    assert part == Part("a", "deepcad", CadProgram("x = 1", operations=("box", "hole")))


def test_the_limit_takes_the_first_references(tmp_path):
    rows = [{"id": str(number), "code": "x = 1"} for number in range(5)]
    parts = read_references(write(tmp_path / "r.jsonl", rows), "test", limit=2)
    assert [part.id for part in parts] == ["0", "1"]


def test_a_dataset_folder_serves_as_references(tmp_path):
    parts = read_references(samples.write(tmp_path / "data", test=3), "test")
    assert [part.id for part in parts] == ["square-0", "square-1", "square-2"]
    assert parts[0].program.code == samples.code(4)
    assert parts[0].program.operations == ("box",)


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


def test_a_folder_that_is_no_dataset_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"folder without manifest\.json"):
        read_references(str(tmp_path), "test")


def test_the_family_is_read_from_synthetic_ids_only():
    program = CadProgram("x = 1")
    assert family(Part("l-profile-00000012", "synthetic", program)) == "l-profile"
    assert family(Part("square-12", "squares", program)) is None


def test_cad_coders_own_file_is_read(real_data):
    path = str(real_data / "gencad_code" / "test20.jsonl")
    parts = read_references(path, "test")
    assert len(parts) == 20
    assert all(part.program.code.startswith("import cadquery as cq") for part in parts)
    assert parts[0].source == "test20"
