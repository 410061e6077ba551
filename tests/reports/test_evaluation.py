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
from cadvlm.reports import evaluation, part
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
        "error": None if status == "ok" else f"{status}: {INJECTED} (line 2)",
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
        {
            "group": group,
            "id": one["id"],
            "input": picture,
            "reference": picture,
            "reference_scene": b"1234",
        }
        for group, one in zip(("best", "worst", "failed", "page"), rows, strict=False)
    ]
    if control:
        gallery.append({"group": "control", "prediction": picture, "code": "blank = 1\n"})
    path.mkdir()
    pq.write_table(scores, path / "scores.parquet")
    pq.write_table(pa.Table.from_pylist(gallery, schema=GALLERY_SCHEMA), path / "gallery.parquet")
    sandbox = {"missing": ["no network"], "protections": []}
    folder.write_json("metrics.json", measure(scores, seed=0) | {"sandbox": sandbox})
    settings = EvaluateConfig(out=str(path), checkpoint="runs/model", dataset="runs/dataset")
    folder.write_json("config.json", {"config": settings.model_dump(mode="json")})
    return folder


ROWS = [row(10, 0.0, "timeout"), *(row(number, number / 10) for number in range(10))]
ROWS += [row(11, None, "unscored", control_status=None)]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("evaluation") / "out"
    evaluation.write(make(path, ROWS))
    return (path / "report.html").read_text()


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    path = tmp_path_factory.mktemp("evaluation") / "out"
    evaluation.write(make(path, ROWS))
    return path / "parts"


def test_the_headline_stands_beside_the_control(page):
    assert "0.409" in page
    assert "blank picture 0.250" in page
    assert "+0.159" in page


def test_failures_and_what_was_not_judged_are_listed(page):
    assert "timeout" in page
    assert "killed at its processor or clock limit" in page
    assert "Not judged: 1" in page
    assert "plate-00000011" in page


def test_every_metric_has_a_line(page):
    table = page[page.index('id="metrics"') : page.index('id="failures"')]
    assert "IoU" in table
    assert "Chamfer distance" in table
    assert table.count("<tr>") == 3  # the head, and what the rows have been measured by


def test_a_failure_shows_where_its_program_failed(page):
    failures = page[page.index('id="failures"') : page.index('id="distributions"')]
    assert 'href="parts/plate-00000010.html"' in failures
    assert re.search(r'<code class="failed" data-n="2">result = <i class="number">10</i>', failures)


def test_published_numbers_are_said_to_be_of_others(page):
    published = page[page.index('id="published"') : page.index('id="gallery"')]
    assert "CAD-Coder 13B" in published
    assert "not measured here" in published


def test_what_the_sandbox_lacks_is_said_first(page):
    assert page.index("no network") < page.index('id="scores"')


def test_every_case_shows_pictures_scores_and_both_programs(page):
    cases = page.count("<article")
    assert cases == 4
    assert page.count("data:image/png;base64,") == 3 * 2 + 1
    assert "reference = 0" in page
    assert "blank = 1" in page


def test_every_case_has_a_page_and_so_has_what_was_drawn_besides(page, parts):
    links = set(re.findall(r'href="parts/([^"]+)"', page))
    assert links == {f"plate-{number:08}.html" for number in (10, 0, 1, 2)}
    assert {path.name for path in parts.iterdir()} == links | {"viewer.js"}


def test_a_part_s_page_shows_scores_both_programs_and_a_solid_to_turn(parts):
    page = (parts / "plate-00000002.html").read_text()
    assert 'data-scene="MTIzNA=="' in page
    assert "Chamfer distance" in page
    assert '<i class="differs">result</i>' in page
    assert 'href="plate-00000001.html" rel="prev"' in page
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)([^"']*)""", page) == [
        "../report.html#gallery", "plate-00000001.html", "viewer.js",
    ]  # fmt: skip
    assert INJECTED not in page


@pytest.mark.parametrize("id_", ["a/b", "../../etc/passwd", "", ".", "x" * 300, "\N{SNOWMAN}"])
def test_any_id_makes_a_file_name_of_its_own(id_):
    name = part.file_name(id_)
    assert re.fullmatch(r"[\w.-]+\.html", name, re.ASCII)
    assert name != part.file_name(f"{id_}_")
    assert len(name) < 120


def test_a_report_that_lies_beside_its_folder_still_finds_its_pages(page):
    moved = evaluation.seen_from_above(page, "evaluation")
    assert moved.count('href="evaluation/parts/') == page.count('href="parts/') > 0


def test_the_page_stands_alone(page):
    assert not re.search(r"""(src|href)=["'](?!data:|#|parts/)""", page.replace("xlink:href", ""))
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
