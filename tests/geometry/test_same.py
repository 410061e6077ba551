from dataclasses import replace

import numpy as np
import pytest

from cadvlm import execution
from cadvlm.geometry.same import same
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram


def built(chain: str) -> Solid:
    solid = execution.run(
        CadProgram(f"import cadquery as cq\nresult = cq.Workplane(){chain}")
    ).solid
    assert solid is not None
    return solid


BRACKET = ".polyline([(0, 0), (40, 0), (40, 10), (10, 10), (10, 30), (0, 30)]).close().extrude(20)"


def test_one_part_written_twice_is_the_same() -> None:
    corner = "cq.Workplane().moveTo(25, 20).rect(30, 20).extrude(20)"
    cut = f".moveTo(20, 15).rect(40, 30).extrude(20).cut({corner})"
    assert same(built(BRACKET), built(cut))


@pytest.mark.parametrize(
    "other",
    [
        BRACKET.replace("(20)", "(20.01)"),
        BRACKET.replace("(0, 30)", "(0, 30.02)"),
        BRACKET + ".translate((0, 0, 0.02))",
        BRACKET + ".mirror('XZ').translate((0, 30, 0))",
        BRACKET + ".faces('>Z').workplane().center(5, 5).hole(0.5)",
    ],
)
def test_what_differs_a_little_is_not(other: str) -> None:
    assert not same(built(BRACKET), built(other))


def test_turned_in_its_own_box_a_part_is_another() -> None:
    part = built(BRACKET)
    assert not same(part, replace(part, inertia=np.rot90(part.inertia, 2)))
