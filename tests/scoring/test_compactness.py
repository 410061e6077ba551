import pytest

from cadvlm.scoring.compactness import operations, tokens

CHAIN = "import cadquery as cq\nresult = cq.Workplane('XY').box(1, 2, 3).edges('|Z').fillet(0.1)\n"


def test_each_link_of_a_chain_is_an_operation():
    assert operations(CHAIN) == 4


def test_layout_and_comments_do_not_count():
    spread = CHAIN.replace(").", ") \\\n  .") + "\n# result.cut(result)\n"
    assert operations(spread) == operations(CHAIN)
    assert tokens(spread) == tokens(CHAIN)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import math\nx = math.sin(1)\n", 0),
        ("from math import *\nfor i in range(3):\n    w = cq.Workplane()\n", 1),
        ("points = []\npoints.append((1, 2))\nr = cq.Workplane().polyline(points)\n", 2),
        ("a = cq.Workplane()\nb = a.box(1, 1, 1)\nc = b.cut(a.sphere(1))\n", 4),
        ("a, b = cq.Workplane(), 5\na.box(1, 1, 1)\nprint(b)\n", 2),
        ("a = b = cq.Sketch()\nb.rect(1, 2)\n", 2),
        ("(cq.Workplane().box(1, 1, 1) + cq.Workplane()).fillet(1)\n", 4),
        ("for f in cq.Workplane().box(1, 1, 1).faces().vals():\n    f.Area()\n", 5),
        ("import cadquery\nx = cadquery.exporters.export(1)\n", 1),
        ("from cadquery import Workplane as W\nW().box(1, 1, 1)\n", 2),
        ("late = early.box(1, 1, 1)\nearly = cq.Workplane()\n", 2),
        ("parts = [cq.Workplane() for _ in range(3)]\nparts[0].box(1, 1, 1)\n", 2),
    ],
)
def test_only_calls_that_go_through_cadquery_count(code: str, expected: int):
    assert operations("import cadquery as cq\n" + code) == expected


def test_a_program_in_another_language_counts_all_its_calls():
    assert operations("s = add_sketch(plane)\nadd_extrude(s, 1)\n") == 2


def test_what_is_no_python_has_no_operations():
    assert operations("a box, please") == 0
    assert tokens("a (box please") == 3
