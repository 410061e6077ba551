from __future__ import annotations

from collections.abc import Iterator

import pytest

from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import CadProgram
from serve import repair

BOX = "import cadquery as cq\nresult = cq.Workplane().box(10, 10, 10)"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("rounding", "change"),
    [
        (".edges().fillet(5)\n", "fillet(5) reduced to 4.9 on line 2"),
        ("\nr = 9.0\nresult = result.edges('|Z').chamfer(r + 3)\n", "on line 4"),
        (".edges('|Z').chamfer(12, 2)\n", "chamfer(12, 2) reduced to"),
    ],
    ids=["half of what there is", "by name", "two lengths"],
)
def test_a_rounding_that_does_not_fit_is_made_smaller(
    sandbox: Sandbox, rounding: str, change: str
) -> None:
    program = CadProgram(BOX + rounding)
    assert sandbox.run(program).status is Status.EXCEPTION
    ran = repair.run(program, sandbox.run)
    assert ran.result.status is Status.OK
    assert ran.program.code != program.code
    assert len(ran.changes) == 1
    assert change in ran.changes[0]
    assert sandbox.run(ran.program).status is Status.OK


def test_several_roundings_are_mended_each_by_its_own_measure(sandbox: Sandbox) -> None:
    program = CadProgram(
        BOX + "\nresult = result.edges('|Z').fillet(5)\nresult = result.faces('>Z').chamfer(40)\n"
    )
    ran = repair.run(program, sandbox.run)
    assert ran.result.status is Status.OK
    assert ["line 3" in ran.changes[0], "line 4" in ran.changes[1]] == [True, True]


@pytest.mark.parametrize(
    "code",
    [
        BOX + ".edges().fillet(1)\n",
        BOX + "\nresult = undefined\n",
        BOX + ".edges('|Z and |X').fillet(1)\n",
        BOX + "\nresult = (\n",
    ],
    ids=["nothing to mend", "another fault", "no edges", "not python"],
)
def test_what_is_no_rounding_too_large_stays_as_it_is(sandbox: Sandbox, code: str) -> None:
    program = CadProgram(code)
    ran = repair.run(program, sandbox.run)
    assert (ran.program, ran.changes) == (program, ())
    assert ran.result.status is sandbox.run(program).status


def test_a_program_too_deep_to_be_read_stays_as_it_is() -> None:
    program = CadProgram("x = " + "-" * 5000 + "1\n")
    failed = ExecutionResult(Status.EXCEPTION, 0.0, "StdFail_NotDone: command not done (line 1)")
    assert repair.run(program, lambda _: failed) == (program, failed, ())
