"""Where a program's result is looked for."""

import pytest

from cadvlm.execution.result import Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import CadProgram

BOXES = (
    "import cadquery as cq\none, two, three = (cq.Workplane().box(n, 1, 1) for n in (1, 2, 3))\n"
)

FINDINGS = {
    "result before all others": ("part, result, solid = one, two, three", "result", 2),
    "solid before r": ("r, solid = one, two", "solid", 2),
    "r before part": ("part, r = one, two", "r", 2),
    "a name before show_object": ("part = one\nshow_object(two)", "part", 1),
    "show_object before other names": ("show_object(one)\nlast = two", "show_object", 1),
    "all that was shown": ("show_object(one)\nshow_object(two, name='two')", "show_object", 3),
    "shown twice, counted once": ("show_object(two)\nshow_object(two)", "show_object", 2),
    "the last assigned": ("a = one\nb = two", "b", 2),
    "the last assigned, not the last new name": ("b = one\na = two\nb = three", "b", 3),
    "the last assigned in a block": ("if True:\n    a = two\nn = 5", "a", 2),
    "a number is no result": ("r = 5\nresult = 'bracket'\na = two", "a", 2),
    "a global set in a function": ("def make():\n    global g\n    g = two\nmake()", "g", 2),
    "under the main guard": ("if __name__ == '__main__':\n    result = two", "result", 2),
    "a number shown, a sketch assigned": (
        "show_object(1)\nmade = two\nsketch = cq.Sketch().rect(1, 1)",
        "made",
        2,
    ),
    "a sketch is passed over, what was made from it is not": (
        "r = cq.Sketch().rect(1, 2)\npart = cq.Workplane().placeSketch(r).extrude(3)",
        "part",
        6,
    ),
    "an assembly in an assembly": (
        "result = cq.Assembly().add(cq.Assembly().add(one).add(three), loc=cq.Location((5, 5, 5)))",
        "result",
        4,
    ),
    "several solids in a shape": (
        "result = cq.Compound.makeCompound([one.val(), two.val().moved(cq.Location((0, 5, 0)))])",
        "result",
        3,
    ),
    "a walrus, a loop and a with": (
        "for a in (one, two): pass\nif (b := three): pass",
        "b",
        3,
    ),
    "a name that was deleted": ("a = two\nb = one\ndel b", "a", 2),
    "a shape": ("result = two.val()", "result", 2),
    "an assembly": (
        "a = cq.Assembly().add(one).add(two, loc=cq.Location((0, 5, 0)))",
        "a",
        3,
    ),
    "a workplane with several objects": ("result = one.add(two)", "result", 3),
    "nested and empty compounds": (
        "void = cq.Compound.makeCompound([])\n"
        "result = cq.Compound.makeCompound([void, cq.Compound.makeCompound([two.val(), void])])",
        "result",
        2,
    ),
    "a solid among other things": ("result = two.add(cq.Edge.makeCircle(9))", "result", 2),
    "a sound solid beside one inside out": (
        "result = two.add(cq.Solid(three.val().wrapped.Reversed()))",
        "result",
        2,
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_result_is_found(sandbox: Sandbox, name: str):
    code, result_name, volume = FINDINGS[name]
    result = sandbox.run(CadProgram(BOXES + code))
    assert (result.status, result.error) == (Status.OK, None)
    assert result.result_name == result_name
    assert result.solid is not None
    assert result.solid.volume == pytest.approx(volume)


def test_named_result_counts_even_when_it_is_no_solid(sandbox: Sandbox):
    result = sandbox.run(CadProgram(BOXES + "result = two.faces('>Z')\n"))
    assert result.status is Status.NO_SOLID
    assert result.result_name == "result"


def test_sketch_alone_is_no_solid_and_is_said_to_be_one(sandbox: Sandbox):
    result = sandbox.run(CadProgram(BOXES + "del one, two, three\nresult = cq.Sketch().rect(1, 1)"))
    assert result.status is Status.NO_SOLID
    assert "only a Sketch" in (result.error or "")


def test_empty_assembly_is_no_solid(sandbox: Sandbox):
    result = sandbox.run(CadProgram(BOXES + "result = cq.Assembly()"))
    assert (result.status, result.error) == (Status.NO_SOLID, "result holds no solid")


def test_solids_are_counted_apart(sandbox: Sandbox):
    result = sandbox.run(CadProgram(BOXES + "result = one.add(two.translate((9, 0, 0)))"))
    assert result.solid is not None
    assert result.solid.n_solids == 2


def test_unsound_solids_are_told_apart(sandbox: Sandbox):
    inside_out = "bad = cq.Solid(three.val().wrapped.Reversed())\n"
    alone = sandbox.run(CadProgram(BOXES + inside_out + "result = bad"))
    assert (alone.status, alone.solid) == (Status.NO_SOLID, None)
    beside = sandbox.run(CadProgram(BOXES + inside_out + "result = two.add(bad)"))
    assert beside.solid is not None
    assert (beside.solid.n_solids, beside.solid.n_left_out) == (1, 1)
    assert alone.unsound is not None
    assert beside.unsound is not None
    assert alone.unsound.volume == pytest.approx(-3)
    assert (beside.unsound.n_solids, beside.unsound.volume) == (2, pytest.approx(2 - 3))
    assert sandbox.run(CadProgram(BOXES + "result = two")).unsound is None
