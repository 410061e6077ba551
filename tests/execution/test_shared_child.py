"""Programs of our own that share a child: the same answers as alone, and no fault shared."""

from cadvlm.execution.result import Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.execution.zygote import MOST_PROGRAMS
from cadvlm.records import CadProgram
from tests.parts import BOX, DRILLED_PLATE, L_BRACKET

OURS = [part.program for part in (BOX, DRILLED_PLATE, L_BRACKET)]


def test_answers_are_those_of_a_child_of_its_own(sandbox: Sandbox):
    for program, shared in zip(OURS, sandbox.run_ours(OURS), strict=True):
        alone = sandbox.run(program)
        assert shared.solid is not None
        assert alone.solid is not None
        assert (shared.solid.volume, shared.solid.bbox) == (alone.solid.volume, alone.solid.bbox)
        assert (shared.solid.inertia == alone.solid.inertia).all()


def test_more_programs_than_fit_into_one_child_keep_their_order(sandbox: Sandbox):
    sizes = range(1, MOST_PROGRAMS + 4)
    programs = [
        CadProgram(f"import cadquery as cq\nresult = cq.Workplane().box({size}, 1, 1)\n")
        for size in sizes
    ]
    volumes = [result.solid and round(result.solid.volume) for result in sandbox.run_ours(programs)]
    assert volumes == list(sizes)


def test_failure_stays_with_its_own_program(sandbox: Sandbox):
    failing = ["x = (", "1 / 0", "x = 1", "import os\nos._exit(3)", "import os\nos.abort()"]
    programs = [OURS[0], *(CadProgram(code) for code in failing), OURS[1]]
    statuses = [result.status for result in sandbox.run_ours(programs)]
    assert statuses == [
        Status.OK,
        Status.SYNTAX,
        Status.EXCEPTION,
        Status.NO_SOLID,
        Status.CRASH,
        Status.CRASH,
        Status.OK,
    ]


def test_shared_child_is_confined_as_any_other(sandbox: Sandbox):
    codes = ("open('/etc/passwd')", "import socket\nsocket.socket()", "import os\nos.fork()")
    programs = [OURS[0], *(CadProgram(code) for code in codes), OURS[1]]
    statuses = [result.status for result in sandbox.run_ours(programs)]
    assert statuses == [Status.OK, *[Status.FORBIDDEN] * 3, Status.OK]


def test_no_programs_no_answers(sandbox: Sandbox):
    assert sandbox.run_ours([]) == []


def test_solids_are_as_fine_as_their_use_takes(sandbox: Sandbox):
    [plain], [drawn] = (sandbox.run_ours(OURS[1:2], exports=what) for what in ((), ("drawing",)))
    assert plain.solid is not None
    assert drawn.solid is not None
    assert plain.solid.facts is None
    assert drawn.solid.facts is not None
    assert len(plain.solid.mesh.triangles) < len(drawn.solid.mesh.triangles)
