"""The plan: short, true, and the same every time."""

import re
from pathlib import Path

import pytest

from cadvlm import execution
from cadvlm.codegen import plan, write
from cadvlm.records import CadProgram
from cadvlm.sequences import deepcad, synthetic
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.grid import quantized
from cadvlm.sequences.model import Boolean, ConstructionSequence, Extrude, Plane, Profile
from tests.codegen.sketches import box, circle, extrude, raised, slot

PLATE = extrude(
    Profile(box(-40, -20, 40, 20), tuple(circle(x, y, 3) for x in (-30, 30) for y in (-10, 10))),
    end=5,
)
BOSS = extrude(Profile(circle(0, 0, 10)), plane=raised(5), boolean=Boolean.JOIN)
BORE = extrude(Profile(circle(0, 0, 4)), plane=raised(15), boolean=Boolean.CUT, end=-15)
SLOTS = extrude(
    *(Profile(slot(20, 4, 0, y)) for y in (-15, 15)), plane=raised(5), boolean=Boolean.CUT, end=-2
)


def plan_of(*operations: Extrude) -> list[str]:
    sequence = ConstructionSequence(operations)
    solid = execution.run(write(sequence)).solid
    assert solid is not None
    return plan.of_sequence(sequence, solid.bbox).splitlines()


def test_a_plan_says_what_how_large_and_in_which_order() -> None:
    assert plan_of(PLATE, BOSS, BORE, SLOTS) == [
        "Plate, boss, through hole, 2 pockets; 80 x 40 x 15 in all.",
        "1. Plate: rectangle 80 x 40 without 4 circles of diameter 6 in 2 rows of 2 on XY, "
        "extrude 5.",
        "2. Boss: circle of diameter 20 on XY at z = 5, extrude 10.",
        "3. Through hole: circle of diameter 8 on XY at z = 15, cut through.",
        "4. 2 pockets: 2 slots 20 x 4 on XY at z = 5, cut 2.",
    ]


@pytest.mark.parametrize(
    ("base", "noun"),
    [
        (extrude(Profile(box(0, 0, 50, 50)), end=5), "Plate"),
        (extrude(Profile(box(0, 0, 5, 5)), end=50), "Bar"),
        (extrude(Profile(box(0, 0, 20, 20)), end=20), "Block"),
        (extrude(Profile(circle(0, 0, 20)), end=5), "Disc"),
        (extrude(Profile(circle(0, 0, 20), (circle(0, 0, 9),)), end=5), "Ring"),
        (extrude(Profile(circle(0, 0, 5)), end=50), "Cylinder"),
        (extrude(Profile(circle(0, 0, 5), (circle(0, 0, 4),)), end=50), "Tube"),
        (extrude(Profile(slot(30, 8)), end=90), "Profile"),
    ],
)
def test_what_a_part_begins_with_has_a_name(base: Extrude, noun: str) -> None:
    title, step = plan.of_sequence(ConstructionSequence((base,)), (0, 0, 0, 1, 2, 3)).splitlines()
    assert title == f"{noun}; 1 x 2 x 3 in all."
    assert step.startswith(f"1. {noun}: ")


def test_slanted_sketches_and_sweeps_to_both_sides_are_said_so() -> None:
    slanted = Plane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -0.6, 0.8))
    (_, step) = plan_of(extrude(Profile(circle(0, 0, 5)), plane=slanted, start=-3, end=3))
    assert step == "1. Disc: circle of diameter 10 on a slanted plane, extrude 3 to each side."


def test_lengths_are_those_of_the_style() -> None:
    sequence = ConstructionSequence((extrude(Profile(box(0, 0, 100, 50)), end=20),))
    assert "rectangle 0.75 x 0.375" in plan.of_sequence(sequence, (0,) * 6, "gencad")


def test_a_plan_of_a_real_part_has_a_line_for_each_operation(real_data: Path) -> None:
    for file in sorted((real_data / "deepcad" / "cad_json").rglob("*.json"))[6::60]:
        try:
            sequence = deepcad.read(file.read_text())
        except Unreadable:
            continue
        for part in (sequence, quantized(sequence)):
            lines = plan.of_sequence(part, (0, 0, 0, 10, 20, 30)).splitlines()
            assert len(lines) == 1 + len(part.operations)
            assert all(len(line) < 600 for line in lines)


def test_every_family_of_synthetic_parts_has_a_plan() -> None:
    for index, family in enumerate(synthetic.FAMILIES):
        name, program = synthetic.part(7, index)
        assert name == family
        text = plan.of_program(program.code, (0, 0, 0, 100, 50, 25))
        assert text is not None
        title, *steps = text.splitlines()
        assert title.endswith("; 100 x 50 x 25 in all.")
        assert len(steps) == len(program.operations)
        # Every number of the plan is one of the program.
        said = set(re.findall(r"\d+", "".join(step.split(". ", 1)[1] for step in steps)))
        assert said <= set(re.findall(r"\d+", program.code))


@pytest.mark.parametrize(
    "code",
    [
        "import cadquery as cq\nresult = cq.Workplane().box(1, 2, 3).translate((1, 1, 1))\n",
        "import cadquery as cq\nr = 3\nresult = cq.Workplane().circle(r).extrude(2)\n",
        "import cadquery as cq\nresult = cq.Workplane().circle(\n",
    ],
)
def test_a_program_that_is_not_understood_has_none(code: str) -> None:
    assert plan.of_program(code, (0,) * 6) is None


def test_a_part_has_a_plan_from_what_is_known_of_it() -> None:
    sequence, program = ConstructionSequence((PLATE,)), synthetic.part(1, 0)[1]
    box = (0, 0, 0, 1, 2, 3)
    known = plan.of(write(sequence), sequence.to_json(), box)
    assert known == plan.of_sequence(sequence, box)
    assert plan.of(program, None, box) == plan.of_program(program.code, box)
    assert plan.of(CadProgram("Loops0 = []", "openecad"), None, box) is None
