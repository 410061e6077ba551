"""The pictures of the concept pages, and the figures that go with one of them, as measured.

python -m manual.figures        # docs/images/metrics.png and sequence.png; prints the table
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from cadvlm import execution
from cadvlm.codegen import write
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.render import shaded
from cadvlm.render.camera import camera
from cadvlm.render.look import Light, Look
from cadvlm.scoring import score
from cadvlm.sequences.loops import chain
from cadvlm.sequences.model import (
    Boolean,
    Circle,
    ConstructionSequence,
    Extrude,
    Line,
    Loop,
    Plane,
    Profile,
)

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
INCHES, DPI = 2.4, 100
PAINTED_PX = 480
CAMERA = replace(camera("iso"), filled=(0.9, 0.84))
LOOK = Look((0.74, 0.87, 1.0), at_eye=0.3, lights=(Light((-1.0, 2.0, 0.5), 0.5),), edge_px=1.5)
"""The blue of the reports, a lamp from the upper left."""

SHOWN = ("iou", "iou_best", "iou_aligned", "iou_absolute", "surface_iou", "chamfer",
         "topology_match", "feature_match")  # fmt: skip

BRACKET = """
import cadquery as cq
plate = cq.Workplane().box(60, 40, 8, centered=False)
wall = cq.Workplane().box(8, 24, 40, centered=False)
holes = cq.Workplane().pushPoints([(22, 12), (46, 28)]).circle(5).extrude(8)
part = plate.union(wall).cut(holes)
result = part
"""
CASES = {
    "itself": ("", ""),
    "10 mm on": ("= part", "= part.translate((10, 0, 0))"),
    "twice as large": ("= part", "= part.val().scale(2)"),
    "turned by 90°": ("= part", "= part.rotate((0, 0, 0), (0, 0, 1), 90)"),
    "mirrored": ("= part", "= part.mirror('XZ')"),
    "a hole missing": (", (46, 28)", ""),
    "a hole 1 mm off": ("(46, 28)", "(45, 28)"),
    "its box": ("= part", "= cq.Workplane().box(60, 40, 40, centered=False)"),
}
"""What becomes of the bracket, and the words of its program that are replaced to make it so."""


def main() -> int:
    """Draw both, and print what was measured."""
    mpl.rcParams["font.size"] = 16
    parts = cases()
    _sheet([*parts.values()], 4).savefig(IMAGES / "metrics.png", dpi=DPI)
    _sheet(growing(), 4).savefig(IMAGES / "sequence.png", dpi=DPI)
    sys.stdout.writelines(f"{line}\n" for line in table(parts))
    return 0


def cases() -> dict[str, Solid]:
    """The bracket, and what a model might make of it."""
    return {name: _built(BRACKET.replace(*words)) for name, words in CASES.items()}


def table(parts: dict[str, Solid]) -> Iterator[str]:
    """Each of ``parts`` against the first: lines of Markdown."""
    reference, *_ = parts.values()
    scores: list[dict[str, Any]] = [score(part, reference) for part in parts.values()]
    yield f"| | {' | '.join(f'{number} {name}' for number, name in enumerate(parts, 1))} |"
    yield f"| --- {'| ---: ' * len(parts)}|"
    for metric in SHOWN:
        yield f"| `{metric}` | {' | '.join(f'{one[metric]:.3f}' for one in scores)} |"


def growing() -> list[Solid]:
    """A flange after each of its operations."""
    steps = _flange()
    programs = (write(ConstructionSequence(steps[: n + 1]), "verbatim") for n in range(len(steps)))
    solids = [_built(program.code) for program in programs]
    return [replace(one, bbox=solids[-1].bbox) for one in solids]  # all seen from one place


def _flange() -> tuple[Extrude, ...]:
    """A plate with four holes, a boss, a bore along it and one across."""
    corners = [(-30.0, -20.0), (30.0, -20.0), (30.0, 20.0), (-30.0, 20.0)]
    sides = zip(corners, corners[1:] + corners[:1], strict=True)
    plate = chain([Line(start, end) for start, end in sides])
    holes = tuple(Loop((Circle((x, y), 3.0),)) for x in (-24.0, 24.0) for y in (-14.0, 14.0))
    flat = Plane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    front = Plane((0.0, 0.0, 26.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0))

    def disc(radius: float) -> tuple[Profile]:
        return (Profile(Loop((Circle((0.0, 0.0), radius),))),)

    return (
        Extrude(flat, (Profile(plate, holes),), Boolean.NEW, 0.0, 8.0),
        Extrude(flat, disc(14.0), Boolean.JOIN, 8.0, 40.0),
        Extrude(flat, disc(9.0), Boolean.CUT, 0.0, 40.0),
        Extrude(front, disc(5.0), Boolean.CUT, -20.0, 20.0),
    )


def _built(code: str) -> Solid:
    result = execution.run(CadProgram(code))
    assert result.solid, result.error
    return result.solid


def _sheet(solids: Sequence[Solid], columns: int) -> Figure:
    """Solids side by side, numbered."""
    rows = -(-len(solids) // columns)
    figure = Figure(figsize=(INCHES * columns, INCHES * rows))
    for number, solid in enumerate(solids, 1):
        left, bottom = (number - 1) % columns / columns, 1 - (1 + (number - 1) // columns) / rows
        ax = figure.add_axes((left, bottom, 1 / columns, 1 / rows))
        ax.imshow(shaded.paint(solid, CAMERA, LOOK, PAINTED_PX, PAINTED_PX))
        ax.text(0.06, 0.94, str(number), transform=ax.transAxes, va="top")
        ax.axis("off")
    return figure


if __name__ == "__main__":
    sys.exit(main())
