import json

import pytest

from cadvlm.errors import InputError
from cadvlm.evaluation.matching import match, read_images
from cadvlm.evaluation.predictions import read_predictions
from cadvlm.records import CadProgram
from cadvlm.references.reference import Reference, family, read_references
from tests.training import samples


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize(
    "row", [{"id": "7", "code": "x = 1"}, {"question_id": 7, "ground_truth": "x = 1", "text": "Q"}]
)
def test_references_are_read_in_both_formats(tmp_path, row):
    assert read_references(write(tmp_path / "bench.jsonl", [row]), "test") == [
        Reference("7", "bench", CadProgram("x = 1"))
    ]


def test_references_keep_the_source_and_the_operations_they_name(tmp_path):
    row = {"id": "a", "code": "x = 1", "source": "deepcad", "operations": ["box", "hole"]}
    [part] = read_references(write(tmp_path / "r.jsonl", [row]), "test")
    assert part == Reference("a", "deepcad", CadProgram("x = 1", operations=("box", "hole")))


def test_the_limit_takes_the_first_references(tmp_path):
    rows = [{"id": str(number), "code": "x = 1"} for number in range(5)]
    parts = read_references(write(tmp_path / "r.jsonl", rows), "test", limit=2)
    assert [part.id for part in parts] == ["0", "1"]


def test_a_dataset_folder_serves_as_references(tmp_path):
    parts = read_references(samples.write(tmp_path / "data", test=3), "test")
    assert [part.id for part in parts] == ["square-0", "square-1", "square-2"]
    assert parts[0].program == CadProgram(samples.code(4), operations=("box",))


ALONE = {"code": None, "language": None, "operations": [], "shape": b"ISO", "shape_kind": "step"}
CAPTION = {"code": "a grey square", "language": "text"}


def test_rows_without_code_are_compared_with_by_their_shape(tmp_path):
    path = samples.write(tmp_path / "data", changes={1: ALONE}, train=2)
    program, alone = read_references(path, "train")
    assert (program.file, alone.program, alone.content) == (None, None, None)
    assert (alone.loaded().content, alone.loaded().kind) == (b"ISO", "step")
    assert program.loaded() is program


def test_captions_are_nothing_to_compare_with(tmp_path):
    path = samples.write(tmp_path / "data", changes={0: CAPTION, 2: ALONE}, train=4)
    parts = read_references(path, "train", limit=2)
    assert [part.id for part in parts] == ["square-1", "square-2"]
    only = samples.write(tmp_path / "only", changes={0: CAPTION}, train=1)
    with pytest.raises(InputError, match="captions, and no part"):
        read_references(only, "train")


def test_a_folder_of_shapes_serves_as_references(tmp_path):
    (tmp_path / "easy").mkdir()
    (tmp_path / "easy" / "a.step").write_bytes(b"ISO")
    (tmp_path / "b.STL").write_bytes(b"solid")
    a, b = read_references(str(tmp_path), "test")
    assert (a.id, a.source, a.program) == ("a", "easy", None)
    assert (b.id, b.source) == ("b", tmp_path.name)
    assert a.content is None
    assert (a.loaded().content, a.loaded().kind) == (b"ISO", "step")


def test_a_file_that_is_gone_when_its_turn_comes_has_no_content(tmp_path):
    (tmp_path / "a.stl").touch()
    [part] = read_references(str(tmp_path), "test")
    (tmp_path / "a.stl").unlink()
    assert part.loaded().content is None


def test_a_folder_of_neither_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a folder without \.step or "):
        read_references(str(tmp_path), "test")


def test_the_family_is_read_from_synthetic_ids_only():
    assert family(Reference("l-profile-00000012", "synthetic")) == "l-profile"
    assert family(Reference("square-12", "squares")) is None


def test_cad_coders_own_file_is_read(real_data):
    path = str(real_data / "gencad_code" / "test20.jsonl")
    parts = read_references(path, "test")
    assert len(parts) == 20
    assert all(part.program.code.startswith("import cadquery as cq") for part in parts)
    assert parts[0].source == "test20"


def test_cad_coders_questions_lead_to_its_step_files(real_data, tmp_path):
    questions = str(real_data / "gencad_code" / "test20.jsonl")
    steps = read_references(str(real_data / "gencad_code" / "steps"), "test")
    assert len(match(read_predictions(questions), steps)) == 20
    ids = [{"question_id": int(id_), "text": "x = 1"} for id_ in read_predictions(questions)]
    answers = read_predictions(write(tmp_path / "merge.jsonl", ids))
    assert match(answers, steps) == {}
    assert len(match(answers, steps, read_images(questions))) == 20
