import io

import pytest
import trimesh
from PIL import Image

from cadvlm.config.execution import Limits
from cadvlm.evaluation.actors import PICTURE_SIZE, Scorer, _evenly
from cadvlm.evaluation.scores import SCORE_SCHEMA, Case, control_of
from cadvlm.records import CadProgram, Prediction
from cadvlm.references.reference import Reference
from cadvlm.scoring import METRICS
from tests.parts import BOX, CYLINDER

PROGRAM = CadProgram(BOX.program.code, operations=("box",))
PART = Reference("block-00000001", "synthetic", PROGRAM)
HANGS = "while True: pass\n"


@pytest.fixture(scope="module")
def scorer():
    scorer = Scorer(Limits(cpu_s=2, wall_s=20), seed=0, edits=2)
    scorer.ready()
    return scorer


def predicted(code: str) -> Case:
    return Case(PART, Prediction(PART.id, code, text=code))


def test_a_row_has_every_column_or_leaves_it_empty(scorer):
    row = scorer.score_one(predicted(BOX.program.code))
    assert set(row) <= set(SCORE_SCHEMA.names)
    assert set(METRICS) <= set(row)


def test_the_reference_itself_scores_one(scorer):
    row = scorer.score_one(predicted(BOX.program.code))
    assert row["status"] == "ok"
    assert row["iou"] == pytest.approx(1)
    assert row["chamfer"] == pytest.approx(0, abs=1e-6)
    assert (row["family"], row["n_faces"], row["n_operations"]) == ("block", 6, 1)
    assert row["result_name"] == "result"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("x = (", "syntax"),
        ("1 / 0", "exception"),
        ("x = 1", "no_solid"),
        (HANGS, "timeout"),
        ("import os; os.abort()", "crash"),
    ],
)
def test_a_failure_is_a_row_with_its_class_and_iou_zero(scorer, code, status):
    row = scorer.score_one(predicted(code))
    assert (row["status"], row["iou"], row["chamfer"]) == (status, 0, None)
    assert row["error"]
    assert row["text"] == code


def test_a_missing_prediction_scores_zero(scorer):
    row = scorer.score_one(Case(PART, None))
    assert (row["status"], row["iou"], row["code"]) == ("missing", 0, None)


def test_a_reference_that_does_not_build_is_unscored(scorer):
    broken = Reference("a", "x", CadProgram("1 / 0"))
    row = scorer.score_one(Case(broken, Prediction("a", BOX.program.code), BOX.program))
    assert row["status"] == "unscored"
    assert row["error"].startswith("the reference: exception: ZeroDivisionError")
    assert row.get("iou") is None
    assert row.get("control_iou") is None


def test_the_control_is_judged_like_a_prediction(scorer):
    case = Case(PART, Prediction(PART.id, BOX.program.code), CYLINDER.program)
    row = scorer.score_one(case)
    alone = scorer.score_one(predicted(CYLINDER.program.code))
    assert row["iou"] == pytest.approx(1)
    assert row["control_status"] == "ok"
    assert row["control_iou"] == alone["iou"] < 0.9
    as_prediction = control_of(row)
    assert {key: as_prediction[key] for key in ("iou", "chamfer", "status")} == {
        key: alone[key] for key in ("iou", "chamfer", "status")
    }


def test_a_program_that_comes_again_is_not_run_again(scorer):
    first = scorer.execute(CadProgram(HANGS, operations=("box",)))
    assert scorer.execute(CadProgram(HANGS)) is first


def test_length_and_edits_are_measured_of_the_program(scorer):
    row = scorer.score_one(predicted(BOX.program.code))
    assert row["operations"] == 2
    assert row["tokens"] > 10
    assert (row["edit_survival"], row["n_edits"]) == (1, 4)


def test_edits_are_of_literals_from_all_over_the_program():
    edited = [f"{literal}{way}" for literal in "abcdef" for way in "+-"]
    assert _evenly(edited, 3) == ["a+", "a-", "c+", "c-", "e+", "e-"]
    assert _evenly(edited, 9) == edited
    assert _evenly([], 3) == []


def test_a_program_that_fails_is_measured_and_not_edited(scorer):
    row = scorer.score_one(predicted("1 / 0"))
    assert row["tokens"] == 3
    assert "edit_survival" not in row


def as_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    reference = Reference("a", "files", file=str(tmp_path / name)).loaded()
    return Case(reference, Prediction("a", BOX.program.code))


@pytest.mark.parametrize("suffix", ["step", "stp", "brep"])
def test_a_shape_file_is_measured_as_the_program_that_made_it(scorer, tmp_path, suffix):
    kind = "brep" if suffix == "brep" else "step"
    exported = scorer._sandbox.run(BOX.program, exports=[kind]).solid.files[kind]
    row = scorer.score_one(as_file(tmp_path, f"a.{suffix}", exported))
    assert row["iou_absolute"] == pytest.approx(1)
    assert (row["n_faces"], row["reference"]) == (6, None)


@pytest.mark.parametrize("suffix", ["stl", "obj"])
def test_a_mesh_file_is_measured_without_a_kernel(scorer, tmp_path, suffix):
    content = trimesh.creation.box((10, 20, 30)).export(file_type=suffix)
    content = content if isinstance(content, bytes) else content.encode()
    row = scorer.score_one(as_file(tmp_path, f"a.{suffix}", content))
    assert row["iou_absolute"] == pytest.approx(1)
    assert row["n_faces"] is None


@pytest.mark.parametrize("suffix", ["step", "brep", "stl", "obj"])
def test_a_file_that_cannot_be_read_is_nobodys_score(scorer, tmp_path, suffix):
    row = scorer.score_one(as_file(tmp_path, f"a.{suffix}", b"nonsense"))
    assert row["status"] == "unscored"
    assert row["error"].startswith("the reference: ")
    assert row.get("iou") is None


def test_a_file_that_is_gone_is_nobodys_score(scorer):
    gone = Reference("a", "files", file="/nowhere/a.step").loaded()
    row = scorer.score_one(Case(gone, Prediction("a", BOX.program.code)))
    assert (row["status"], row["error"]) == (
        "unscored",
        "the reference: /nowhere/a.step cannot be opened",
    )


def test_pictures_are_pngs_of_what_was_built(scorer):
    reference, prediction = scorer.draw([(0, (PART, CadProgram("x = 1")))])
    assert prediction == (None, None)
    assert len(reference.scene) > 200
    picture = Image.open(io.BytesIO(reference.picture))
    assert picture.size == (PICTURE_SIZE, PICTURE_SIZE)
    assert picture.convert("L").getextrema()[0] < 100
