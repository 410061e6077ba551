import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.hidden import trace
from cadvlm.geometry.lines import VIEWS, Kind, Lines, unpack
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from tests.geometry.test_project import length
from tests.meshes import box, joined, solid, sphere
from tests.parts import PARTS

BRACKET = """
result = (cq.Workplane().box(40, 30, 8).faces('>Z').workplane().center(-10, 0).hole(9)
    .faces('>Z').workplane().center(22, 0).hole(6, 4)
    .faces('<X').workplane(centerOption='CenterOfBoundBox').rect(10, 4).extrude(6)
    .edges('|Z').fillet(2))
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as warm:
        yield warm


def built(sandbox: Sandbox, program: CadProgram | str) -> Solid:
    if isinstance(program, str):
        program = CadProgram(f"import cadquery as cq\n{program}\n")
    found = sandbox.run(program, exports=("drawing",)).solid
    assert found is not None
    return found


def compare(part: Solid, tolerance: float) -> None:
    """The mesh's lines are as long as the kernel's, kind by kind, and reach as far."""
    exact, traced = unpack(part.files["drawing"]), trace(part)
    around = sum(length(exact["iso"], kind) for kind in Kind)
    for name in VIEWS:
        for kind in Kind:
            difference = length(traced[name], kind) - length(exact[name], kind)
            assert abs(difference) < tolerance * around, (name, kind)
        np.testing.assert_allclose(
            [traced[name].points.min(axis=0), traced[name].points.max(axis=0)],
            [exact[name].points.min(axis=0), exact[name].points.max(axis=0)],
            atol=2e-3 * around,
        )


# Without the torus, of whose outline the kernel hides a half that nothing is in front of.
@pytest.mark.parametrize("name", [name for name in PARTS if name != "torus"])
def test_known_parts_are_drawn_as_the_kernel_draws_them(sandbox, name):
    part = PARTS[name]
    compare(built(sandbox, part.program), 1e-5 if part.planar else 5e-3)


def test_a_bracket_is_drawn_as_the_kernel_draws_it(sandbox):
    compare(built(sandbox, BRACKET), 5e-3)


def test_circles_that_face_the_eye_are_known_as_circles(sandbox):
    found = trace(built(sandbox, BRACKET))["top"]
    radii = {round(float(circle[2]), 3) for _, _, circle in found.curves() if circle[2] > 0}
    assert {2.0, 3.0, 4.5} <= radii


def lines(*meshes) -> dict[str, Lines]:
    return trace(solid(joined(*meshes)))


def test_triangles_alone_are_enough():
    drawn = lines(box(3, 2, 1))
    for name, around in {"front": 8, "top": 10, "right": 6}.items():
        assert length(drawn[name], Kind.VISIBLE) == pytest.approx(around)
        assert length(drawn[name], Kind.HIDDEN) == pytest.approx(0, abs=1e-9)
    assert length(drawn["iso"], Kind.HIDDEN) == pytest.approx(6 * np.sqrt(2 / 3))


def test_what_stands_behind_something_is_hidden_as_far_as_it_is():
    # Half of the small box looks out from behind the large one.
    drawn = lines(box(4, 1, 4), box(2, 1, 2, at=(2, 3, 0)))
    assert length(drawn["front"], Kind.VISIBLE) == pytest.approx(16 + 4, rel=1e-4)
    assert length(drawn["front"], Kind.HIDDEN) == pytest.approx(2 + 1 + 1, rel=1e-4)


def test_a_ball_is_its_outline():
    drawn = lines(sphere(2.0))
    for name in VIEWS:
        assert length(drawn[name], Kind.VISIBLE) == pytest.approx(4 * np.pi, rel=0.02)
        assert length(drawn[name], Kind.HIDDEN) == pytest.approx(0, abs=0.05)


def test_a_part_of_another_size_or_place_has_the_same_views():
    part = solid(joined(box(3, 2, 1), sphere(0.8, at=(0, 0, 1))))
    grown = dataclasses.replace(part.mesh, vertices=part.mesh.vertices * 1e4 + 5e4)
    for name in VIEWS:
        small, large = trace(part)[name], trace(solid(grown))[name]
        for kind in Kind:
            expected = length(small, kind) * 1e4
            assert length(large, kind) == pytest.approx(expected, rel=1e-3, abs=1.0)
