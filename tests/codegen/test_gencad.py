"""GenCAD-Code's style, to the letter."""

import ast
import json
import re
from pathlib import Path

from cadvlm.codegen import write
from cadvlm.sequences.loops import nest
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    ConstructionSequence,
    Curve,
    Extrude,
    Line,
    Loop,
    Plane,
    Point2,
    Profile,
)
from tests.codegen.sketches import box, circle, extrude

_NUMBER = r"-?\d[\d.]*(?:e-?\d+)?"
_BOOLEANS = {"union": Boolean.JOIN, "cut": Boolean.CUT, "intersect": Boolean.INTERSECT}


def test_a_plate_of_our_own_is_written_as_theirs() -> None:
    plate = extrude(Profile(box(-60, -30, 60, 30), (circle(40, 0, 10),)), end=20)
    assert write(ConstructionSequence((plate,)), "gencad").code.splitlines() == [
        "import cadquery as cq",
        "# Generating a workplane for sketch 0",
        "wp_sketch0 = cq.Workplane(cq.Plane("
        "cq.Vector(-0.75, -0.375, 0.0), cq.Vector(1.0, 0.0, 0.0), cq.Vector(0.0, 0.0, 1.0)))",
        "loop0=wp_sketch0.moveTo(1.5, 0.0).lineTo(1.5, 0.75).lineTo(0.0, 0.75).lineTo(0.0, 0.0)"
        ".close()",
        "loop1=wp_sketch0.moveTo(1.25, 0.375).circle(0.125)",
        "solid0=wp_sketch0.add(loop0).add(loop1).extrude(0.25)",
        "solid=solid0",
    ]


def test_loops_begin_on_the_left_and_run_counter_clockwise() -> None:
    turned = Loop(tuple(Line(c.end, c.start) for c in reversed(box(0, 0, 75, 75).curves)))  # type: ignore[union-attr]
    shifted = Loop(turned.curves[2:] + turned.curves[:2])
    code = write(ConstructionSequence((extrude(Profile(shifted), end=75),)), "gencad").code
    assert ".moveTo(0.75, 0.0).lineTo(0.75, 0.75).lineTo(0.0, 0.75).lineTo(0.0, 0.0)" in code


def test_published_programs_are_written_again_letter_by_letter(real_data: Path) -> None:
    """But for the noise in their axes, and for what their rounding changes: where an outline is
    left-most, and how far a part reaches whose original had more features."""
    lines = (real_data / "gencad_code" / "test20.jsonl").read_text().splitlines()
    truths = [json.loads(line)["ground_truth"] for line in lines]
    pairs = [(_plain(truth), _plain(write(_read(truth), "gencad").code)) for truth in truths]
    assert all(len(truth.splitlines()) == len(again.splitlines()) for truth, again in pairs)
    assert sum(truth == again for truth, again in pairs) >= 16


def _plain(code: str) -> str:
    return re.sub(r"-?\d\.\d+e-\d+", "0.0", code).replace("-0.0,", "0.0,").replace("-0.0)", "0.0)")


def _read(code: str) -> ConstructionSequence:
    """A published program as a sequence: every statement is in one of four forms."""
    operations: list[Extrude] = []
    planes: dict[str, Plane] = {}
    loops: dict[str, Loop] = {}
    for name, value in re.findall(r"^(\w+) ?= ?(.*)$", code, re.MULTILINE):
        if name.startswith("wp_sketch"):
            numbers = [float(n) for n in re.findall(_NUMBER, value)]
            axes = [tuple(numbers[i : i + 3]) for i in (0, 3, 6)]
            planes[name] = Plane(*axes)  # type: ignore[arg-type]
        elif name.startswith("loop"):
            loops[name] = _loop(value)
        elif "extrude" in value:
            profile = nest([loops[each] for each in re.findall(r"add\((\w+)\)", value)])
            (depth,) = re.findall(rf"extrude\(({_NUMBER})", value)
            start = -float(depth) if "both" in value else 0.0
            plane = planes[value.split(".")[0]]
            operations.append(Extrude(plane, (profile,), Boolean.NEW, start, float(depth)))
        elif found := re.match(r"solid\.(\w+)\(", value):
            last = operations.pop()
            boolean = _BOOLEANS[found[1]]
            operations.append(Extrude(last.plane, last.profiles, boolean, last.start, last.end))
    return ConstructionSequence(tuple(operations))


def _loop(text: str) -> Loop:
    calls = re.findall(r"\.(moveTo|lineTo|threePointArc|circle)(\(.*?\)(?:\))?)(?=\.|$)", text)
    points = [(name, ast.literal_eval(args)) for name, args in calls]
    (_, begin), *rest = points
    if rest[0][0] == "circle":
        return Loop((Circle(begin, rest[0][1]),))
    here: Point2 = begin
    curves: list[Curve] = []
    for name, args in rest:
        if name == "lineTo":
            curves.append(Line(here, args))
            here = args
        else:
            mid, here_next = args
            curves.append(Arc(here, mid, here_next))
            here = here_next
    if here != begin:
        curves.insert(0, Line(here, begin))
    return Loop(tuple(curves))
