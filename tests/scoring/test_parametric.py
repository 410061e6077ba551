from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from cadvlm.execution.sandbox import Sandbox
from cadvlm.scoring.parametric import hole_patterns, parametric_validity
from tests.geometry.test_features import built, made_up
from tests.meshes import solid_box

PLATE = "W().box(40, 30, 10)"
ON_TOP = PLATE + ".faces('>Z').workplane()"
GRID = ON_TOP + ".rarray(12, 8, 3, 2).hole(4)"
WEDGE = "W().polyline([(0, 0), (40, 0), (30, 17), (3, 30)]).close().extrude(10)"

KEPT = {
    "itself": (GRID, GRID, 1),
    "twice the size": (GRID, GRID + ".val().scale(2)", 1),
    "other proportions": (PLATE, "W().box(40, 32, 12)", 1),
    # A box has 3 parallel and 12 perpendicular pairs and 3 symmetry planes.
    "a ball for a box": (PLATE, "W().sphere(20)", (0 / 15 + 3 / 3) / 2),
    # Both end faces lean: 1 + 8 + 2 pairs with the four others and themselves are lost or kept.
    "a box with one end at an angle": (
        PLATE,
        "W().polyline([(-20, -15), (20, -15), (16, 15), (-20, 15)]).close().extrude(10)",
        (12 / 15 + 1 / 3) / 2,
    ),
    "a hole moved out of its grid": (
        GRID,
        ON_TOP + ".pushPoints([(12, 4), (12, -4), (0, 4), (0, -4), (-12, 4), (-12, -6)]).hole(4)",
        (1 + 1 / 3 + 0) / 3,
    ),
    "another number of holes": (GRID, GRID.replace("3, 2", "3, 3"), 2 / 3),
    "holes of another size, in order": (GRID, GRID.replace("hole(4)", "hole(3)"), 1),
}

PATTERNS = {
    "line": ("rarray(10, 1, 3, 1)", ("line", 3)),
    "slanting line": ("pushPoints([(-8, -6), (0, 0), (8, 6)])", ("line", 3)),
    "grid": ("rarray(10, 8, 3, 2)", ("grid", 6)),
    "circle": ("polarArray(10, 0, 360, 5)", ("circle", 5)),
    "three on a circle": ("polarArray(10, 20, 360, 3)", ("circle", 3)),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("name", KEPT)
def test_validity_is_the_share_of_constraints_that_hold(sandbox: Sandbox, name: str):
    reference, candidate, expected = KEPT[name]
    validity = parametric_validity(built(sandbox, candidate), built(sandbox, reference))
    assert validity == pytest.approx(expected)


@pytest.mark.parametrize("name", PATTERNS)
def test_hole_pattern_is_recognised(sandbox: Sandbox, name: str):
    places, expected = PATTERNS[name]
    (pattern,) = hole_patterns(built(sandbox, f"{ON_TOP}.{places}.hole(3)"))
    assert pattern[:2] == expected


@pytest.mark.parametrize(
    "places",
    ["pushPoints([(-8, 0), (8, 0)])", "pushPoints([(-8, 0), (0, 0), (9, 0)])"],
    ids=["two holes", "an uneven row"],
)
def test_holes_without_order_are_no_pattern(sandbox: Sandbox, places: str):
    assert hole_patterns(built(sandbox, f"{ON_TOP}.{places}.hole(3)")) == []


def test_holes_of_two_sizes_are_two_patterns(sandbox: Sandbox):
    code = (
        ON_TOP
        + ".rarray(10, 1, 3, 1).hole(3).faces('>Z').workplane().polarArray(12, 45, 360, 4).hole(2)"
    )
    found = hole_patterns(built(sandbox, code))
    assert sorted(pattern[:2] for pattern in found) == [("grid", 4), ("line", 3)]


def test_triangles_and_a_reference_without_constraints_say_nothing(sandbox: Sandbox):
    box = built(sandbox, PLATE)
    assert parametric_validity(box, solid_box()) is None
    assert parametric_validity(solid_box(), box) is None


def test_facts_that_were_made_up_do_no_harm(sandbox: Sandbox):
    grid = built(sandbox, GRID)
    for seed in range(50):
        lie = replace(grid, bbox=(0, 0, 0, 1, 1, 1), facts=made_up(np.random.default_rng(seed)))
        validity = parametric_validity(lie, grid)
        assert validity is not None
        assert 0 <= validity <= 1
