"""python -m bench.pictures [PARTS]: what pictures cost, beside CadQuery's own exporter.

Processor milliseconds on one core, of parts that are built already: GenCAD-Code's test programs
where the real data is (``CADVLM_REAL_DATA``), then synthetic parts. All ways take their turn on one
part before the next comes, so that whatever else happens on the machine happens to all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import chain, count, islice
from time import process_time

import cadquery as cq
import numpy as np
from cadquery.occ_impl.exporters.svg import getSVG

from bench.beside import Beside, beside, table
from bench.execution import REAL_DATA
from cadvlm.config.data import PictureConfig
from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.project import project
from cadvlm.geometry.shapefile import open_brep
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.render.drawing.draw import draw as draw_sheet
from cadvlm.render.shaded import draw
from cadvlm.render.views import pictures
from cadvlm.sequences import synthetic

PARTS = 30
REPEATS = 10

EYES = ((0, -1, 0), (0, 0, 1), (1, 0, 0), (1, -1, 1))
"""Of the four views of a drawing."""

SHADED = "shaded 448, as PNG"
LINES = "drawing: the kernel's lines of four views (HLR)"
SHEET = "drawing: the sheet, from the lines"
ONE_SVG = "CadQuery's exporter: one view as SVG"
FOUR_SVG = "CadQuery's exporter: four views as SVG"

Way = Callable[[], object]


def main(parts: int = PARTS) -> list[Beside]:
    """Measure; print a line for each way, and return what stands beside CadQuery's exporter."""
    spent: dict[str, list[float]] = {}
    for solid, drawn in islice(_solids(), parts):
        for name, way in _ways(solid, drawn).items():
            way()  # compiles what a long run pays for once
            before = process_time()
            for _ in range(REPEATS):
                way()
            spent.setdefault(name, []).append(1000 * (process_time() - before) / REPEATS)
    print("processor ms on one core".ljust(54) + "  median    mean   a second")
    for name, times in spent.items():
        mean = float(np.mean(times))
        print(f"{name:54}{np.median(times):8.2f}{mean:8.2f}{1000 / mean:11.0f}")
    seconds = {name: np.array(times) / 1000 for name, times in spent.items()}
    sheet = seconds[LINES] + seconds[SHEET]
    return [
        beside(
            "picture, from a mesh", "CadQuery's SVG of a view", seconds[ONE_SVG], seconds[SHADED]
        ),
        beside("dimensioned drawing", "CadQuery's SVG of four views", seconds[FOUR_SVG], sheet),
    ]


def _ways(solid: Solid, drawn: Solid) -> dict[str, Way]:
    """What is measured, by name. ``drawn`` is the solid with what a drawing takes."""
    body = open_brep(solid.files["brep"])
    shape = cq.Shape.cast(body)

    def pictured(view: str, **settings: object) -> Way:
        config = PictureConfig.parse({"views": [view], **settings})
        return lambda: pictures("part", drawn if view == "drawing" else solid, config)

    def exported(*eyes: tuple[int, int, int]) -> Way:
        return lambda: [getSVG(shape, {"projectionDir": eye}) for eye in eyes]

    return {
        "shaded 448, pixels only": lambda: draw(solid, "iso", 448),
        "shaded 336, as PNG": pictured("iso", size=336),
        SHADED: pictured("iso"),
        "shaded 448, augmented, as PNG": pictured("iso", augment={}),
        "four views in a grid, 448, as PNG": pictured("iso+front+top+right"),
        "cadrille's four views, 268, as PNG": pictured("cadrille", size=268),
        LINES: lambda: project(body),
        SHEET: lambda: draw_sheet(drawn, sheet="square"),
        "drawing 448, from the lines, as PNG": pictured("drawing"),
        "drawing 448, from the lines, augmented": pictured("drawing", augment={}),
        ONE_SVG: exported(EYES[-1]),
        FOUR_SVG: exported(*EYES),
    }


def _solids() -> Iterator[tuple[Solid, Solid]]:
    """Each part meshed for pictures, and for drawings."""
    file = REAL_DATA / "gencad_code/test20.jsonl"
    rows = map(json.loads, file.read_text().splitlines() if file.exists() else ())
    programs = chain(
        (CadProgram(row["ground_truth"]) for row in rows),
        (synthetic.part(0, index)[1] for index in count()),
    )
    with Sandbox() as sandbox:
        for program in programs:
            [result] = sandbox.run_ours([program], exports=["brep"])
            [drawn] = sandbox.run_ours([program], exports=["drawing"])
            if result.solid is not None and drawn.solid is not None:
                yield result.solid, drawn.solid


if __name__ == "__main__":
    print(*table(main(*map(int, sys.argv[1:]))), sep="\n")
