"""Programs that fail, each in its own way, and what is said of them."""

import os
import threading
from pathlib import Path

import pytest

from cadvlm import execution
from cadvlm.config.execution import Limits
from cadvlm.errors import InputError
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import CadProgram
from tests.parts import BOX, DRILLED_PLATE

IMPORT = "import cadquery as cq\n"

FAILURES = {
    "unfinished bracket": ("x = (\n", Status.SYNTAX, "never closed (line 1)"),
    "null byte": ("x = 1\0", Status.SYNTAX, "null bytes"),
    "half a character": ("x = '\ud800'", Status.SYNTAX, "UnicodeDecodeError"),
    "nesting too deep": ("-" * 100_000 + "1", Status.SYNTAX, "MemoryError"),
    "raises": ("x = 1\nraise ValueError('two\\nlines')", Status.EXCEPTION, "two lines (line 2)"),
    "raises in the kernel": (
        IMPORT + "box = cq.Workplane().box(1, 1, 1)\nresult = box.edges().fillet(5)",
        Status.EXCEPTION,
        "command not done (line 3)",
    ),
    "raises an exception that raises": (
        "class Bad(Exception):\n    def __str__(self): raise self\nraise Bad",
        Status.EXCEPTION,
        "Bad (line 3)",
    ),
    "leaves with an error": ("import sys\nsys.exit(3)", Status.EXCEPTION, "SystemExit: 3 (line 2)"),
    "asks a question": ("x = input()", Status.EXCEPTION, "EOFError"),
    "recurses": ("def f(): f()\nf()", Status.EXCEPTION, "RecursionError"),
    "leaves nothing": ("x = 1", Status.NO_SOLID, "no Workplane, Shape or Assembly"),
    "leaves a wire": (IMPORT + "r = cq.Workplane().rect(1, 1)", Status.NO_SOLID, "r holds a wire"),
    "leaves a face": (IMPORT + "x = cq.Face.makePlane(1, 1)", Status.NO_SOLID, "x holds a face"),
    "leaves an empty stack": (IMPORT + "r = cq.Workplane()", Status.NO_SOLID, "r holds no solid"),
    "leaves a solid inside out": (
        IMPORT + "r = cq.Solid(cq.Solid.makeBox(1, 1, 1).wrapped.Reversed())",
        Status.NO_SOLID,
        "inside out",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failure_is_named_and_leaves_the_sandbox_usable(sandbox: Sandbox, name: str):
    code, status, words = FAILURES[name]
    result = sandbox.run(CadProgram(code))
    assert result.status is status
    assert result.error is not None
    assert words in result.error
    assert "\n" not in result.error
    assert result.solid is None
    assert _builds_a_box(sandbox)


def test_good_program_is_measured():
    result = execution.run(DRILLED_PLATE.program)
    assert result.status is Status.OK
    assert result.error is None
    assert result.result_name == "result"
    assert result.solid is not None
    assert result.solid.volume == pytest.approx(DRILLED_PLATE.volume)
    assert 0 < result.seconds < Limits().wall_s


def test_leaving_early_with_a_result_is_no_failure(sandbox: Sandbox):
    assert _run(sandbox, BOX.program.code + "import sys\nsys.exit(0)\n").status is Status.OK


def test_programs_see_nothing_of_each_other(sandbox: Sandbox):
    vandal = "import builtins, os\nos.mkdir('left')\ncq.Workplane.box = builtins.print = None\n"
    _run(sandbox, IMPORT + vandal)
    assert _run(sandbox, "import os\nassert os.listdir() == []\nprint(1)").status is Status.NO_SOLID
    assert _builds_a_box(sandbox)


def test_environment_is_not_handed_on(sandbox: Sandbox):
    result = _run(sandbox, "import os\nassert 'CADVLM_SECRET' not in os.environ")
    assert result.status is Status.NO_SOLID


def test_files_of_a_program_are_removed(sandbox: Sandbox):
    result = _run(sandbox, "import os\nopen('left', 'w').close()\nraise OSError(os.getcwd())")
    assert result.error is not None
    folder = Path(result.error.split()[1])
    assert folder.is_absolute()
    assert not folder.exists()


def test_forged_result_is_refused(sandbox: Sandbox):
    code = """
        import json, os
        header = json.dumps({'status': 'ok', 'error': None, 'result_name': 'result',
                             'solid': [4, 6, 4, 7, 1, 4], 'unsound': None, 'files': {}}).encode()
        for number in range(3, 30):
            try:
                os.write(number, len(header).to_bytes(8, 'little') + header + bytes(8000))
            except OSError:
                pass
        os._exit(0)
        """
    result = _run(sandbox, "\n".join(line[8:] for line in code.splitlines()))
    assert result.status is Status.CRASH
    assert result.error is not None
    assert "not readable" in result.error


def test_exports_come_along(sandbox: Sandbox):
    result = sandbox.run(BOX.program, exports=("step", "brep"))
    assert result.solid is not None
    assert result.solid.files["step"].startswith(b"ISO-10303-21;")
    assert b"CASCADE Topology" in result.solid.files["brep"]


def test_threads_take_turns(sandbox: Sandbox):
    ended: list[bool] = []
    threads = [
        threading.Thread(target=lambda: ended.append(_builds_a_box(sandbox))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == [True] * 4


def test_nothing_stays_open(sandbox: Sandbox):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        _builds_a_box(sandbox)
    assert len(os.listdir("/proc/self/fd")) == before


def test_other_language_and_unknown_export_are_the_callers_mistake(sandbox: Sandbox):
    with pytest.raises(InputError, match="'openscad'"):
        sandbox.run(CadProgram("cube();", language="openscad"))
    with pytest.raises(InputError, match="'dwg'"):
        sandbox.run(BOX.program, exports=("dwg",))


def _run(sandbox: Sandbox, code: str) -> ExecutionResult:
    return sandbox.run(CadProgram(code))


def _builds_a_box(sandbox: Sandbox) -> bool:
    solid = sandbox.run(BOX.program).solid
    return solid is not None and solid.volume == pytest.approx(BOX.volume)
