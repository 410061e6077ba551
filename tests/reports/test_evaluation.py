import re
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.evaluation.evaluate import measure
from cadvlm.evaluation.gallery import GALLERY_SCHEMA
from cadvlm.evaluation.scores import SCORE_SCHEMA
from cadvlm.render.png import encode
from cadvlm.reports import evaluation
from cadvlm.storage import Folder

INJECTED = "<script>alert('from a program')</script>"


def row(number, iou, status="ok", **more):
    return {
        "id": f"plate-{number:08}",
        "source": "synthetic",
        "family": "plate" if number % 2 else "ring",
        "n_operations": 1 + number % 3,
        "n_faces": 6 + number,
        "status": status,
        "error": None if status == "ok" else f"{status}: {INJECTED}",
        "iou": iou,
        "chamfer": (1 - iou) / 10 if status == "ok" else None,
        "control_status": "ok",
        "control_iou": 0.25,
        "control_chamfer": 0.1,
        "code": f"# {INJECTED}\nresult = {number}\n",
        "reference": f"reference = {number}\n",
        **more,
    }


def make(path, rows, control=True):
    """An evaluation folder without its report."""
    if not control:
        rows = [
            row | {"control_status": None, "control_iou": None, "control_chamfer": None}
            for row in rows
        ]
    folder = Folder(str(path))
    scores = pa.Table.from_pylist(rows, schema=SCORE_SCHEMA)
    picture = encode(np.full((8, 8), 200, np.uint8))
    gallery = [
        {"group": group, "id": one["id"], "input": picture, "reference": picture}
        for group, one in zip(("best", "worst", "failed"), rows, strict=False)
    ]
    if control:
        gallery.append({"group": "control", "prediction": picture, "code": "blank = 1\n"})
    path.mkdir()
    pq.write_table(scores, path / "scores.parquet")
    pq.write_table(pa.Table.from_pylist(gallery, schema=GALLERY_SCHEMA), path / "gallery.parquet")
    folder.write_json("metrics.json", measure(scores, seed=0))
    settings = EvaluateConfig(out=str(path), checkpoint="runs/model", dataset="runs/dataset")
    folder.write_json("config.json", {"config": settings.model_dump(mode="json")})
    return folder


ROWS = [row(number, number / 10) for number in range(10)]
ROWS += [row(10, 0.0, "timeout"), row(11, None, "unscored", control_status=None)]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("evaluation") / "out"
    evaluation.write(make(path, ROWS))
    return (path / "report.html").read_text()


def test_the_headline_stands_beside_the_control(page):
    assert "0.409" in page
    assert "blank picture 0.250" in page
    assert "+0.159" in page


def test_failures_and_what_was_not_judged_are_listed(page):
    assert "timeout" in page
    assert "killed at its processor or clock limit" in page
    assert "Not judged: 1" in page
    assert "plate-00000011" in page


def test_every_case_shows_pictures_scores_and_both_programs(page):
    cases = page.count("<article")
    assert cases == 4
    assert page.count("data:image/png;base64,") == 3 * 2 + 1
    assert "reference = 0" in page
    assert "blank = 1" in page
    assert page.count("<details>") == cases


def test_the_page_stands_alone(page):
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page.replace("xlink:href", ""))
    assert "@import" not in page
    assert "<script" not in page


def test_nothing_that_a_program_says_becomes_markup(page):
    assert INJECTED not in page
    assert "&lt;script&gt;" in page


def test_the_markup_is_balanced(page):
    still_open = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "link", "img", "br"):
                still_open.append(tag)

        def handle_endtag(self, tag):
            assert still_open.pop() == tag

    Balance().feed(page)
    assert still_open == []


def test_without_a_control_nothing_is_said_of_one(tmp_path):
    folder = make(tmp_path / "out", ROWS, control=False)
    evaluation.write(folder)
    page = (tmp_path / "out" / "report.html").read_text()
    scores = page[page.index('id="scores"') : page.index('id="definitions"')]
    assert "blank picture" not in scores


def test_a_single_failure_makes_a_report(tmp_path):
    folder = make(tmp_path / "out", [row(0, 0.0, "syntax")])
    evaluation.write(folder)
    assert "syntax" in (tmp_path / "out" / "report.html").read_text()
