"""Hostile programs: each ends as its own failure, and leaves nothing but that."""

import gc
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cadvlm.execution.result import Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import CadProgram
from tests.conftest import ROOT
from tests.execution.hostile import KINDS
from tests.execution.processes import descendants
from tests.parts import BOX

SOCKET_CALL = {"x86_64": 41, "aarch64": 198}

HARMLESS = {
    "a workplane that lies about its volume": (
        "class Liar(cq.Workplane):\n"
        "    Volume = lambda self: 1e9\n"
        "    val = lambda self: cq.Solid.makeBox(9, 9, 9)\n"
        "result = Liar().box(1, 2, 3)",
        6,
    ),
    "a shape that lies about its volume": (
        "class Liar(cq.Solid):\n"
        "    def Volume(self, *_): return 1e9\n"
        "    def isValid(self): return True\n"
        "    def BoundingBox(self, *_): raise SystemError\n"
        "result = Liar(cq.Solid.makeBox(1, 2, 3).wrapped)",
        6,
    ),
    "cadquery patched": ("cq.Shape.Volume = cq.Shape.isValid = lambda *_: 1e9", None),
    "a refusal that is caught": (
        "try:\n    open('/etc/passwd')\nexcept OSError:\n    result = cq.Workplane().box(1, 2, 3)",
        6,
    ),
    "an end that never comes": (
        "import atexit, threading, time\n"
        "def loop():\n    while True: time.sleep(1)\n"
        "atexit.register(loop)\nthreading.Thread(target=loop).start()\n"
        "class Bad:\n    def __del__(self): loop()\nbad = Bad()\n"
        "result = cq.Workplane().box(1, 2, 3)",
        6,
    ),
    "the whole module tree thrown away": (
        "result = cq.Workplane().box(1, 2, 3)\nimport sys\nsys.modules.clear()",
        6,
    ),
}


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "canary").write_text("still here")
    return folder


@pytest.fixture(scope="module")
def preface(sandbox: Sandbox, outside: Path) -> Iterator[str]:
    """The names that the programs of :mod:`tests.execution.hostile` find defined."""
    told = sandbox.run(CadProgram("import os\nraise ValueError(os.getppid())")).error or ""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{outside}")
        abstract.listen()
        names = {
            "parent": os.getpid(),
            "zygote": int(told.split()[1]),
            "outside": str(outside),
            "checkout": str(ROOT),
            "tcp": tcp.getsockname(),
            "abstract": abstract.getsockname(),
            "socket_call": SOCKET_CALL.get(os.uname().machine),
        }
        yield "".join(f"{name} = {value!r}\n" for name, value in names.items())


@pytest.mark.parametrize("name", KINDS)
def test_hostile_program_ends_as_its_own_failure(
    sandbox: Sandbox, outside: Path, preface: str, name: str
):
    kind, before = KINDS[name], _traces(outside)
    result = sandbox.run(CadProgram("import cadquery as cq\n" + preface + kind.code))
    assert (result.status, result.solid) == (kind.status, None), result.error
    assert result.error is not None
    assert kind.words in result.error
    assert "\n" not in result.error
    assert result.seconds < 3 * sandbox.limits.wall_s
    assert _builds_a_box(sandbox)
    assert _traces(outside) == before


@pytest.mark.parametrize("name", HARMLESS)
def test_trick_changes_nothing(sandbox: Sandbox, outside: Path, name: str):
    (code, volume), before = HARMLESS[name], _traces(outside)
    result = sandbox.run(CadProgram("import cadquery as cq\n" + code))
    if volume is None:
        assert result.status is Status.NO_SOLID
    else:
        assert result.solid is not None, result.error
        assert result.solid.volume == pytest.approx(volume)
    assert _builds_a_box(sandbox)
    assert _traces(outside) == before


def _builds_a_box(sandbox: Sandbox) -> bool:
    solid = sandbox.run(BOX.program).solid
    return solid is not None and solid.volume == pytest.approx(BOX.volume)


def _traces(outside: Path) -> dict[str, object]:
    """What a program must leave as it was."""
    gc.collect()  # closes what earlier tests forgot; later it would look like a program's work
    return {
        "files outside": {path.name: path.read_text() for path in outside.iterdir()},
        "mode": outside.stat().st_mode,
        "scratch folders": os.listdir(tempfile.gettempdir()),
        "in /tmp": Path("/tmp/hostile").exists() or Path("/dev/shm/hostile").exists(),
        "open files": len(os.listdir("/proc/self/fd")),
        "processes": descendants(),
    }
