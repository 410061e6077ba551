"""The layouts of docs/jobs/evaluate.md, small, from files to matched and judged cases."""

import json

import pytest
import trimesh

from cadvlm.config.execution import Limits
from cadvlm.evaluation.actors import Scorer
from cadvlm.evaluation.matching import match, read_images
from cadvlm.evaluation.predictions import read_predictions
from cadvlm.evaluation.scores import Case
from cadvlm.references.reference import read_references
from tests.parts import BOX

EXPERT = "import cadquery as cq\npart = cq.Workplane('XY').box(10, 20, 30)\n" + (
    "cq.exporters.export(part, 'Ground_Truth.stl')\n"
)


@pytest.fixture(scope="module")
def scorer():
    return Scorer(Limits(), seed=0)


@pytest.fixture(scope="module")
def box_step(scorer):
    return scorer._sandbox.run(BOX.program, exports=["step"]).solid.files["step"]


def put(folder, **files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def judge(scorer, predictions, references, questions=None):
    """Id to source, status and absolute IoU, as ``evaluate`` would have them."""
    parts = read_references(str(references), "test")
    images = read_images(str(questions)) if questions else {}
    found = match(read_predictions(str(predictions)), parts, images)
    cases = [Case(part, found.get(part.id)).loaded() for part in parts]
    return {
        row["id"]: (row["source"], row["status"], row.get("iou_absolute"))
        for row in scorer.score(cases)
    }


def test_gencad_code(scorer, box_step, tmp_path):
    question = {"question_id": 7, "image": "00002718_0.png", "text": "Generate the code."}
    answer = {"question_id": 7, "prompt": "Generate", "text": f"```python\n{EXPERT}```"}
    put(
        tmp_path,
        **{
            "questions.jsonl": json.dumps(question | {"ground_truth": EXPERT}),
            "merge.jsonl": json.dumps(answer),
            "steps/00002718.step": box_step,
            "steps/00014960.step": box_step,
        },
    )
    expected = {
        "00002718": ("steps", "ok", pytest.approx(1)),
        "00014960": ("steps", "missing", 0),
    }
    questions = tmp_path / "questions.jsonl"
    assert judge(scorer, tmp_path / "merge.jsonl", tmp_path / "steps", questions) == expected
    assert judge(scorer, questions, tmp_path / "steps") == expected
    assert judge(scorer, tmp_path / "merge.jsonl", questions) == {
        "7": ("questions", "ok", pytest.approx(1))
    }


def test_cadbench(scorer, box_step, tmp_path):
    mesh = trimesh.creation.box((10, 20, 30)).export(file_type="stl")
    rows = [{"file_id": id_, "generated": EXPERT} for id_ in ("00708740", "00714815")]
    put(
        tmp_path,
        **{
            "bench0.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
            "bench0/easy/step/00708740.step": box_step,
            "bench0/easy/stl/00708740.stl": mesh,
            "bench0/easy/noisy_stl/00708740.stl": mesh,
            "bench0/hard/stl/00714815.stl": mesh,
        },
    )
    assert judge(scorer, tmp_path / "bench0.jsonl", tmp_path / "bench0") == {
        "00708740": ("easy", "ok", pytest.approx(1)),
        "00714815": ("hard", "ok", pytest.approx(1)),
    }


def test_cadprompt(scorer, tmp_path):
    mesh = trimesh.creation.box((10, 20, 30))
    folder = put(
        tmp_path / "CADPrompt",
        **{
            "00000007/Ground_Truth.stl": mesh.export(file_type="stl_ascii"),
            "00000007/Ground_Truth.obj": mesh.export(file_type="obj"),
            "00000007/Python_Code.py": EXPERT,
            "00000633/Ground_Truth.stl": "solid \nendsolid\n",
            "00000633/Python_Code.py": EXPERT,
        },
    )
    expected = {
        "00000007": ("CADPrompt", "ok", pytest.approx(1)),
        "00000633": ("CADPrompt", "unscored", None),
    }
    assert judge(scorer, folder, folder) == expected
