"""Inside the child: one program, from its source to its report.

Everything here runs in the process that the program can change at will. Nothing that it returns is
believed (see :mod:`cadvlm.execution.report`) and nothing that it must not know is in its memory.
"""

from __future__ import annotations

import ast
import ctypes
import errno
import math
import os
import resource
import signal
import socket
import sys
from types import CodeType, ModuleType
from typing import Any, NamedTuple, NoReturn

from cadquery import Assembly, Compound, Shape, Sketch, Workplane
from OCP.TopoDS import TopoDS_Shape

from cadvlm.execution import confine, report
from cadvlm.execution.confine import Confinement
from cadvlm.execution.report import Report
from cadvlm.execution.result import Status
from cadvlm.execution.zygote import UNCONFINED, Order
from cadvlm.geometry.extract import NoSolid, extract, salvage
from cadvlm.geometry.shapefile import NotAShapeFile, open_brep, open_step

RESULT_NAMES = ("result", "solid", "r", "part")
"""Where programs leave their shape by convention; the first that holds one is taken. After them
comes what was given to ``show_object``, then the last shape assigned to any name."""

FILE_BYTES = 256 << 20
"""Largest file a program may write, its own report included."""

OPEN_FILES = 64

RESERVE_BYTES = 64 << 20
"""Memory kept back for telling that memory ran out."""

_PROGRAM = "<program>"
_REHEARSAL = b"""
import cadquery as cq

side = cq.Workplane("XZ").moveTo(0, 0).lineTo(4, 0).threePointArc((5, 1), (4, 2)).close().extrude(1)
block = cq.Workplane("XY").box(3, 3, 3).faces(">Z").workplane().hole(1).edges("|Z").fillet(0.2)
result = block.union(side).cut(cq.Workplane("XY").circle(0.5).extrude(4))
"""
_PR_SET_PDEATHSIG = 1
_LONGEST_CHAIN = 20


def rehearse() -> None:
    """Build a part in the zygote, so that its children inherit what first use sets up.

    Symbols are bound, dispatch tables filled and the heap grown: a quarter off a simple program.
    """
    main = sys.modules["__main__"]
    _run(_REHEARSAL, Order("program", 0, 0, 0, [], True, ""))
    sys.modules["__main__"] = main


def live(
    order: Order, confinement: Confinement, contents: list[int], answers: list[int]
) -> NoReturn:
    """Run what is in each open file, write its report to another, then end this process."""
    code = UNCONFINED
    try:
        _confine(order, confinement)
        code = 1
        for content, answer in zip(contents, answers, strict=True):
            with open(content, "rb") as file:
                source = file.read()
            told = _run(source, order) if order.kind == "program" else _open(source, order)
            _tell(answer, told)
        code = 0
    finally:
        os._exit(code)


def _tell(answer: int, told: Report) -> None:
    # Leave the file as if the program had never found it.
    os.ftruncate(answer, 0)
    os.lseek(answer, 0, os.SEEK_SET)
    try:
        report.write(answer, told)
    except (MemoryError, OSError) as error:
        _open_reserve()
        os.ftruncate(answer, 0)
        os.lseek(answer, 0, os.SEEK_SET)
        report.write(answer, Report(Status.MEMORY, f"too large a result: {_line(error)}"))


# Limits


def _confine(order: Order, confinement: Confinement) -> None:
    """Give up what the program shall not have."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
    os.chdir(order.folder)
    os.environ["HOME"] = os.environ["TMPDIR"] = order.folder
    memory = _address_space() + int(order.memory_gb * 1e9)
    # The kernel counts whole seconds. Who ignores the first signal is killed by the next.
    seconds = math.ceil(order.cpu_s)
    _limit(resource.RLIMIT_CPU, seconds, seconds + 1)
    _limit(resource.RLIMIT_AS, memory, memory + RESERVE_BYTES)
    _limit(resource.RLIMIT_FSIZE, FILE_BYTES, FILE_BYTES)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0, 0)
    # No RLIMIT_NPROC: it counts a user's processes on the whole machine, and does not hold root.
    confine.enter(confinement, order.folder)


def _limit(kind: int, soft: int, hard: int) -> None:
    allowed = resource.getrlimit(kind)[1]
    if allowed != resource.RLIM_INFINITY:
        hard = min(hard, allowed)
    resource.setrlimit(kind, (min(soft, hard), hard))


def _address_space() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _open_reserve() -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


# The program


class _Left(NamedTuple):
    """A shape that a program left, and the name it was found under."""

    name: str
    shapes: list[Shape]


def _run(source: bytes, order: Order) -> Report:
    try:
        tree = ast.parse(source.decode(), _PROGRAM)
        code = compile(tree, _PROGRAM, "exec")
    # Null bytes and bad UTF-8 are ValueErrors; nesting that is too deep is one of the last two.
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Report(Status.SYNTAX, _line(error))
    try:
        return _build(tree, code, order)
    except MemoryError as error:
        _open_reserve()
        return Report(Status.MEMORY, _line(error))
    except BaseException as error:  # whatever it was, it was the program's
        return Report(Status.FORBIDDEN if _refused(error) else Status.EXCEPTION, _line(error))


def _open(content: bytes, order: Order) -> Report:
    """Measure a shape file as if a program had left what is in it."""
    try:
        shape = (open_step if order.kind == "step" else open_brep)(content)
        return _measure(shape, order.kind, order)
    except NotAShapeFile as fault:
        return Report(Status.SYNTAX, str(fault))
    except MemoryError as error:
        _open_reserve()
        return Report(Status.MEMORY, _line(error))
    except Exception as error:  # the kernel's
        return Report(Status.EXCEPTION, _line(error))


def _refused(error: BaseException | None) -> bool:
    """Whether confinement is behind an exception, itself or one that it was raised from or over.

    What Landlock and seccomp refuse is a PermissionError in Python; a file that may not grow is an
    OSError. Looking up a host is the one case in which the C library keeps the reason to itself.
    """
    for _ in range(_LONGEST_CHAIN):
        if error is None:
            break
        if isinstance(error, (PermissionError, socket.gaierror)):
            return True
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            return True
        error = error.__cause__ or error.__context__
    return False


def _build(tree: ast.Module, code: CodeType, order: Order) -> Report:
    main, shown = ModuleType("__main__"), []
    sys.modules["__main__"] = main

    def show_object(value: Any, *_: Any, **__: Any) -> None:
        shown.append(value)

    main.__dict__["show_object"] = show_object
    try:
        exec(code, main.__dict__)
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            raise
    left = _result(main.__dict__, shown, tree)
    if left is None:
        sketches = any(isinstance(value, Sketch) for value in main.__dict__.values())
        only = "only a Sketch, " if sketches else ""
        return Report(
            Status.NO_SOLID, f"{only}no Workplane, Shape or Assembly was assigned or shown"
        )
    return _measure(Compound.makeCompound(left.shapes).wrapped, left.name, order)


def _measure(shape: TopoDS_Shape, name: str, order: Order) -> Report:
    try:
        solid = extract(shape, exports=order.exports, scored=order.scored)
    except NoSolid as lack:
        told = f"{name} holds {lack}"
        return Report(Status.NO_SOLID, told, name, unsound=salvage(shape))
    unsound = salvage(shape) if solid.n_left_out else None
    return Report(Status.OK, None, name, solid, unsound)


def _result(namespace: dict[str, Any], shown: list[Any], tree: ast.Module) -> _Left | None:
    """What is meant as the result; names that hold something else than shapes are passed over."""
    stored = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    stored.sort(key=lambda node: (node.lineno, node.col_offset), reverse=True)
    named = [(name, [namespace.get(name)]) for name in RESULT_NAMES]
    assigned = [(node.id, [namespace.get(node.id)]) for node in stored]
    for name, values in (*named, ("show_object", shown), *assigned):
        shapes = [_shapes(value) for value in values]
        if any(found is not None for found in shapes):
            return _Left(name, [shape for found in shapes for shape in found or ()])
    return None


def _shapes(value: Any) -> list[Shape] | None:
    """The shapes in a Workplane, Shape or Assembly; None when it is neither."""
    if isinstance(value, Assembly):
        value = value.toCompound()
    if isinstance(value, Shape):
        return [value]
    if isinstance(value, Workplane):
        return [item for item in value.objects if isinstance(item, Shape)]
    return None


def _line(error: BaseException) -> str:
    """``ValueError: what it says (line 7)``, with the line in the program where it passed."""
    name, message, at = type(error).__name__, _message(error), None
    if isinstance(error, SyntaxError) and error.filename == _PROGRAM:
        at = error.lineno
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _PROGRAM:
            at = trace.tb_lineno
        trace = trace.tb_next
    told = f"{name}: {message}" if message else name
    return told[: report.LONGEST_ERROR - 20] + (f" (line {at})" if at else "")


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    try:
        return str(error)
    except BaseException:  # the program may have written the exception's class, too
        return ""
