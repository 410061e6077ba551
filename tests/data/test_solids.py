"""Where parts are executed: ours together, others alone, each program once."""

import math

import pytest
import trimesh

from cadvlm.codegen import write
from cadvlm.data.solids import solids
from cadvlm.execution.result import Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import TEXT, CadProgram, Part
from cadvlm.sequences.deepcad import read
from tests.meshes import box, joined
from tests.parts import BOX, CYLINDER, DRILLED_PLATE
from tests.sequences.onshape import circle, prism, square

SPOILER = CadProgram(
    "import cadquery as cq\nresult = cq.Workplane().box(1, 2, 3)\n"
    "cq.Workplane.box = cq.Workplane.circle = lambda *_: None\n"
)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


def part(**what) -> Part:
    return Part("a", "scripts", **what)


def stl(mesh) -> bytes:
    return trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False).export(file_type="stl")


def test_results_come_in_the_order_of_the_parts(sandbox):
    parts = [
        part(program=CYLINDER.program),
        part(program=BOX.program, ours=True),
        part(program=CadProgram("a red box", TEXT)),
        part(program=DRILLED_PLATE.program, ours=True),
    ]
    cylinder, first, caption, plate = solids(sandbox, parts)
    assert caption is None
    for result, known in zip((cylinder, first, plate), (CYLINDER, BOX, DRILLED_PLATE), strict=True):
        assert result.solid.volume == pytest.approx(known.volume)


def test_a_foreign_program_spoils_nobody_else(sandbox):
    parts = [part(program=p) for p in (SPOILER, BOX.program, CYLINDER.program)]
    assert [result.status for result in solids(sandbox, parts)] == [Status.OK] * 3


@pytest.mark.parametrize("language", ["cadquery", "openecad", "openscad"])
def test_our_own_programs_are_run_in_every_language(sandbox, language):
    sequence = read(prism(square(0.01), [circle(0.005, 0.005, 0.002)]))
    program = write(sequence, "verbatim", language)
    [result] = solids(sandbox, [part(program=program, sequence=sequence.to_json(), ours=True)])
    assert result.solid.volume == pytest.approx((100 - 4 * math.pi) * 10)


def test_a_program_that_rows_share_is_executed_once(sandbox):
    parts = [part(program=CYLINDER.program), part(program=BOX.program, ours=True)] * 2
    one, two, three, four = solids(sandbox, parts)
    assert one is three
    assert two is four


def test_a_shape_without_a_program_is_measured(sandbox):
    step = sandbox.run(BOX.program, exports=("step",)).solid.files["step"]
    parts = [part(shape=step, shape_kind="step"), part(shape=stl(box(2, 3, 4)), shape_kind="stl")]
    exact, mesh = solids(sandbox, parts)
    assert exact.solid.volume == pytest.approx(BOX.volume)
    assert mesh.solid.volume == pytest.approx(24)


def test_a_mesh_that_is_no_solid_says_why(sandbox):
    flat = box(2, 3, 0)
    [result] = solids(sandbox, [part(shape=stl(joined(flat)), shape_kind="stl")])
    assert (result.status, result.solid) == (Status.NO_SOLID, None)
    assert result.error
