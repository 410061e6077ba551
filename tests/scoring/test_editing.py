import ast

import pytest

from cadvlm.execution.result import Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import CadProgram
from cadvlm.scoring.editing import edit_survival, edits


def test_every_number_goes_up_and_down_in_its_turn():
    assert edits("r = box(10, 2.5)\n") == [
        "r = box(10.5, 2.5)\n",
        "r = box(9.5, 2.5)\n",
        "r = box(10, 2.625)\n",
        "r = box(10, 2.375)\n",
    ]


def test_a_sign_stays_in_front():
    assert edits("x = -4") == ["x = -4.2", "x = -3.8"]


@pytest.mark.parametrize(
    "code",
    [
        '"""A box of 10."""\n',
        "x = True\n",
        "x = 0\ny = 0.0\n",
        "x = points[2]\n",
        "x = points[1:-1]\n",
        "for i in range(4): pass\n",
        "x = 'size 12'\n",
        "x = f'{3:5}'\n",
        "x = 2j\n",
        "x = 1e999\n",
        "not a program at all",
        "",
    ],
)
def test_what_is_no_measure_is_left_alone(code: str):
    assert edits(code) == []


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("x = 1e-5", "x = 1.05e-05"),
        ("x = 1_000", "x = 1050"),
        ("x = 0x10", "x = 16.8"),
        ("x = -0.1", "x = -0.105"),
        ("name = 'Grösse ü'; x = 1.5  # 2", "name = 'Grösse ü'; x = 1.575  # 2"),
        ("a = '''ä\n2\n'''\r\nx = 2\r\n", "a = '''ä\n2\n'''\r\nx = 2.1\r\n"),
        ("f(points[0], 3)", "f(points[0], 3.15)"),
        ("x = points[2](3)", "x = points[2](3.15)"),
    ],
)
def test_only_the_number_changes(code: str, first: str):
    up, down = edits(code)
    assert up == first
    assert ast.dump(ast.parse(down)) != ast.dump(ast.parse(code))


def test_survival_is_the_share_that_left_a_solid():
    assert edit_survival([Status.OK, Status.NO_SOLID, Status.OK, Status.EXCEPTION]) == 0.5
    assert edit_survival([]) is None


def test_brittle_programs_survive_less():
    robust = "import cadquery as cq\nr = cq.Workplane().box(10, 10, 10).edges('|Z').fillet(2)\n"
    brittle = "import cadquery as cq\nr = cq.Workplane().polygon(6, 10).extrude(5)\n"
    with Sandbox() as sandbox:
        survival = [
            edit_survival([sandbox.run(CadProgram(edited)).status for edited in edits(code)])
            for code in (robust, brittle)
        ]
    assert survival == [1, 4 / 6]
