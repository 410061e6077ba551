"""An operation is known by what it leaves on a part, however the part was made."""

import pytest

from cadvlm import execution
from cadvlm.records import CadProgram
from cadvlm.scoring.operations import Mark, mark, operation_match
from cadvlm.sequences.synthetic import ALL, part
from cadvlm.sequences.synthetic.words import TOLD, without

BOX = 'cq.Workplane("XY").box(100, 60, 40)'
SKETCH = 'cq.Workplane("XY").sketch()'
ROUNDED = f'{BOX}.edges("|Z").fillet(10)'
HALF = 'cq.Workplane("XY").box(50, 60, 20, centered=(False, True, False))'
DRILLED = f'{HALF}.faces(">Z").workplane().center(25, 0).hole(16)'


def solid(code: str):
    result = execution.run(CadProgram(f"import cadquery as cq\nresult = {code}\n"))
    assert result.solid is not None, result.error
    return result.solid


@pytest.fixture(scope="module")
def rounding():
    return mark(solid(ROUNDED), solid(BOX))


@pytest.mark.parametrize(
    ("code", "score"),
    [
        (ROUNDED, 1),
        (BOX, 0),
        (f'{BOX}.edges("|Z").fillet(14)', 0),
        (f'{BOX}.edges("|X").fillet(10)', 0),
        (f'{BOX}.edges("|Z").chamfer(10)', 0),
        (f'{BOX}.edges("|Z and >X").fillet(10)', 2 * 2 / 6),
        ('cq.Workplane("XY").box(200, 120, 80).edges("|Z").fillet(20).translate((5, 5, 5))', 1),
        (f"{SKETCH}.rect(100, 60).vertices().fillet(10).finalize().extrude(40)", 1),
    ],
    ids=["same", "none", "radius", "edges", "kind", "half", "scaled", "sketched"],
)
def test_a_fillet_counts_with_its_radius_on_its_edges(rounding, code, score):
    assert operation_match(solid(code), rounding) == pytest.approx(score, abs=0.1)


def test_what_was_there_before_the_operation_earns_nothing():
    mirrored = mark(solid(f'{DRILLED}.mirror("YZ", union=True)'), solid(DRILLED))
    assert [trace.kind for trace in mirrored.made] == ["hole"]
    assert len(mirrored.given) == 1
    other_half = solid('cq.Workplane("XY").box(100, 60, 20).faces(">Z").workplane()'
                       '.center(25, 0).hole(16)')  # fmt: skip
    assert operation_match(other_half, mirrored) == 0


def test_a_mark_comes_back_from_json(rounding):
    assert Mark.from_json(rounding.to_json()) == rounding


@pytest.mark.parametrize("family", TOLD)
def test_every_family_bears_the_mark_of_its_operation(family):
    _, program = part("marks", 3, [family])
    whole, plain = execution.run(program).solid, without(family, program)
    assert family in ALL
    before = execution.run(plain).solid if plain else None
    assert whole is not None
    assert plain is None or before is not None
    wanted = mark(whole, before)
    assert wanted.made
    assert operation_match(whole, wanted) == 1
    if before is not None:
        assert operation_match(before, wanted) == 0
