import io

import pytest
from PIL import Image

from cadvlm.config.execution import Limits
from cadvlm.evaluation.actors import PICTURE_SIZE, Scorer
from cadvlm.evaluation.scores import SCORE_SCHEMA, Case, control_of
from cadvlm.records import CadProgram, Part, Prediction
from cadvlm.scoring import METRICS
from tests.parts import BOX, CYLINDER

PART = Part("block-00000001", "synthetic", CadProgram(BOX.program.code, operations=("box",)))
HANGS = "while True: pass\n"


@pytest.fixture(scope="module")
def scorer():
    scorer = Scorer(Limits(cpu_s=2, wall_s=20), seed=0)
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
    broken = Part("a", "x", CadProgram("1 / 0"))
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


def test_pictures_are_pngs_of_what_was_built(scorer):
    reference, prediction = scorer.draw([(0, (BOX.program, CadProgram("x = 1")))])
    assert prediction is None
    picture = Image.open(io.BytesIO(reference))
    assert picture.size == (PICTURE_SIZE, PICTURE_SIZE)
    assert picture.convert("L").getextrema()[0] < 100
