"""Inside the child: one program, from its source to its report.

Everything here runs in the process that the program can change at will. Nothing that it returns is
believed (see :mod:`cadvlm.execution.report`) and nothing that it must not know is in its memory.
"""

from __future__ import annotations

import ast
import ctypes
import math
import os
import resource
import signal
import sys
from collections.abc import Collection
from types import CodeType, ModuleType
from typing import Any, NamedTuple, NoReturn

from cadquery import Assembly, Compound, Shape, Workplane

from cadvlm.execution import report
from cadvlm.execution.report import Report
from cadvlm.execution.result import Status
from cadvlm.execution.zygote import Order
from cadvlm.geometry.extract import NoSolid, extract, salvage

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


def rehearse() -> None:
    """Build a part in the zygote, so that its children inherit what first use sets up.

    Symbols are bound, dispatch tables filled and the heap grown: a quarter off a simple program.
    """
    main = sys.modules["__main__"]
    _run(_REHEARSAL, ())
    sys.modules["__main__"] = main


def live(order: Order, programs: list[int], answers: list[int]) -> NoReturn:
    """Run the program in each open file, write its report to another, then end this process."""
    try:
        _confine(order)
        for program, answer in zip(programs, answers, strict=True):
            with open(program, "rb") as file:
                source = file.read()
            told = _run(source, order.exports)
            # Leave the file as if the program had never found it.
            os.ftruncate(answer, 0)
            os.lseek(answer, 0, os.SEEK_SET)
            report.write(answer, told)
        os._exit(0)
    finally:
        os._exit(1)


# Limits


def _confine(order: Order) -> None:
    """Give up what the program shall not have. Further restrictions belong here, last of all."""
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


def _run(source: bytes, exports: Collection[str]) -> Report:
    try:
        tree = ast.parse(source.decode(), _PROGRAM)
        code = compile(tree, _PROGRAM, "exec")
    # Null bytes and bad UTF-8 are ValueErrors; nesting that is too deep is one of the last two.
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Report(Status.SYNTAX, _line(error))
    try:
        return _build(tree, code, exports)
    except MemoryError as error:
        _open_reserve()
        return Report(Status.MEMORY, _line(error))
    except BaseException as error:  # whatever it was, it was the program's
        return Report(Status.EXCEPTION, _line(error))


def _build(tree: ast.Module, code: CodeType, exports: Collection[str]) -> Report:
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
        return Report(Status.NO_SOLID, "no Workplane, Shape or Assembly was assigned or shown")
    shape = Compound.makeCompound(left.shapes).wrapped
    try:
        solid = extract(shape, exports=exports)
    except NoSolid as lack:
        told = f"{left.name} holds {lack}"
        return Report(Status.NO_SOLID, told, left.name, unsound=salvage(shape))
    unsound = salvage(shape) if solid.n_left_out else None
    return Report(Status.OK, None, left.name, solid, unsound)


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
