import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cadvlm.render.png import encode
from cadvlm.reports import comparison
from cadvlm.storage import Folder

INJECTED = "<script>alert('from a program')</script>"


def difference(change, low, high, **more):
    body = {"a": 0.5, "b": 0.5 + change, "difference": change, "ci95": [low, high]}
    return {**body, "n": 3, "rises": 2, "falls": 1, "same": 0, **more}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("comparison")
    found = {
        "valid_solid_rate": difference(0.1, -0.1, 0.3),
        "iou": difference(0.2, 0.1, 0.3),
        "chamfer": difference(0.05, 0.01, 0.09),
    }
    summary = {
        "a": "runs/before",
        "b": "runs/after",
        "n": 3,
        "only_a": ["gone"],
        "only_b": [],
        "unscored": [],
        "other_reference": [],
        "differences": found,
        "by_source": {"boxes": {"n": 2, **found}, "plates": {"n": 1, **found}},
        "turns": [{"a": "ok", "b": "ok", "n": 2}, {"a": "timeout", "b": "ok", "n": 1}],
    }
    folder = Folder(str(path))
    folder.write_json("compare.json", summary)
    row = {
        "group": "better",
        "id": INJECTED,
        **{f"a_{key}": value for key, value in CASE.items()},
        **{f"b_{key}": value for key, value in CASE.items()},
        "reference_picture": encode(np.full((8, 8), 200, np.uint8)),
        "a_picture": None,
        "b_picture": None,
    }
    pq.write_table(pa.Table.from_pylist([row]), path / comparison.CHANGED)
    comparison.write(folder)
    return (path / "report.html").read_text()


CASE = {"iou": 0.5, "status": "ok", "error": None, "code": f"# {INJECTED}\n"}


def line(page, label):
    return next(row for row in page.split("<tr>") if f"<td>{label}</td>" in row)


def test_a_difference_counts_when_its_interval_does_not_hold_zero(page):
    assert "better" in line(page, "IoU")
    assert "no difference" in line(page, "Valid solids")


def test_a_distance_that_rises_is_worse(page):
    assert 'is-poor">worse' in line(page, "Chamfer distance")
    assert re.findall(r'<td class="n">(\d)</td>', line(page, "Chamfer distance")) == ["1", "2"]


def test_only_endings_that_differ_are_listed(page):
    turns = page[page.index('id="turns"') : page.index('id="parts"')]
    assert "<td>timeout</td><td>ok</td>" in turns
    assert "<td>ok</td><td>ok</td>" not in turns


def test_what_was_left_out_is_named(page):
    assert "Only in A: 1" in page
    assert "gone" in page


def test_the_page_stands_alone_and_escapes_programs(page):
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert INJECTED not in page
