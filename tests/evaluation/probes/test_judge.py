import io
import json

import pytest
from PIL import Image

from cadvlm.config.data import PictureConfig
from cadvlm.config.execution import Limits
from cadvlm.evaluation.probes.judge import Answer, Draft, Maker
from cadvlm.records import CadProgram

BOX = 'import cadquery as cq\nresult = (\n    cq.Workplane("XY").box(100, 60, 40)\n)\n'
ROUNDED = BOX.replace("40)\n", '40)\n    .edges("|Z")\n    .fillet(10)\n')


def draft(kind: str, code: str = ROUNDED) -> Draft:
    return Draft("fillet-0", "fillet", kind, "round it", CadProgram(code), CadProgram(BOX))


@pytest.fixture(scope="module")
def maker():
    maker = Maker(Limits(cpu_s=5, wall_s=20), PictureConfig(size=64), "Look!")
    maker.ready()
    return maker


def test_a_picture_is_asked_about_as_in_training(maker):
    [text, picture] = maker.make([draft("text"), draft("picture")])
    assert (text["prompt"], text["pictures"]) == ("round it", [])
    assert picture["prompt"] == "Look!"
    [png] = picture["pictures"]
    assert Image.open(io.BytesIO(png)).size == (64, 64)


def test_a_part_without_a_mark_is_no_probe(maker):
    assert maker.make([draft("text", BOX), draft("text", "1 / 0")]) == [None, None]


def test_answers_are_judged_by_what_they_build(maker):
    [row] = maker.make([draft("text")])
    texts = {
        "right": f"```python\n{ROUNDED}```",
        "wrong": ROUNDED.replace("10", "20"),
        "bare": BOX,
        "broken": "result = (",
    }
    judged = maker.judge([Answer(id_, text, row["mark"]) for id_, text in texts.items()])
    assert [(one["id"], one["status"], one["score"]) for one in judged] == [
        ("right", "ok", 1),
        ("wrong", "ok", 0),
        ("bare", "ok", 0),
        ("broken", "syntax", 0),
    ]
    assert judged[0]["code"] == ROUNDED
    assert len(json.loads(row["mark"])["made"]) == 4
