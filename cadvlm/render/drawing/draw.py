"""Engineering drawings: front, top, right and isometric view of a part, with its dimensions.

The lines come from the kernel, as the export ``drawing`` (:mod:`cadvlm.geometry.project`), or from
the mesh (:mod:`cadvlm.geometry.hidden`); the features from the facts of the boundary. Everything
here works without the kernel, and the same part always gives the same sheet.

First-angle and third-angle arrangement after ISO 5456-2: the view from above lies below the front
view in the one and above it in the other, the view from the right on its left or on its right.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.errors import InputError
from cadvlm.geometry.hidden import trace
from cadvlm.geometry.lines import Lines, NotADrawing, unpack
from cadvlm.geometry.solid import Solid
from cadvlm.records import Rendering
from cadvlm.render import png
from cadvlm.render.camera import CAMERAS
from cadvlm.render.drawing import lettering
from cadvlm.render.drawing.bitmap import bitmap
from cadvlm.render.drawing.dimensions import FRAMES, Plan, extent, plan
from cadvlm.render.drawing.features import Features, find
from cadvlm.render.drawing.paper import PAPERS, TITLE, frame, ratio, standard_scale, table
from cadvlm.render.drawing.place import TEXT, Side, View, annotate, draw_view
from cadvlm.render.drawing.sheet import Box, Ink, Label, Sheet
from cadvlm.render.variation import Variation

Projection = Literal["first", "third"]

CROWDED = 3.0
"""Rather than shrinking the views by more, dimensions are left out."""

LARGEST, SMALLEST = 1e9, 1e-6
"""Diagonals of what is drawn, in its unit."""

LESS = 0.97
"""What is tried next where something does not fit."""

OVER = 0.05
"""How far lines may reach beyond the part's bounding box, in its diagonals."""

APART = 9.0
"""Free space between views, in millimetres."""

SMALLER = 10
"""How much smaller than the others the isometric view may be."""

BESIDE = 1.5
"""The isometric view leaves its corner where it would be so many times as large elsewhere."""

MOST = {"A4": 6, "A3": 7, "square": 5}
"""Dimensions in a direction beside one view, and leaders in it, that a sheet has room for."""

_GRIDS: dict[Projection, tuple[tuple[str, str], tuple[str, str]]] = {
    "first": (("iso", "top"), ("right", "front")),
    "third": (("front", "right"), ("top", "iso")),
}
"""Views by row, from below, and by column, from the left."""

_SIDES: dict[Projection, dict[str, tuple[Side, Side]]] = {
    "first": {"front": ("above", "right"), "top": ("below", "right"), "right": ("above", "left")},
    "third": {"front": ("below", "left"), "top": ("above", "left"), "right": ("below", "right")},
}
"""Where the dimensions of a view go: away from its neighbours."""


class Lacking(NamedTuple):
    """How much more space it would take, in millimetres."""

    width: float
    height: float


class Arrangement(NamedTuple):
    """The views on a sheet, and the room that they leave."""

    ink: Ink
    cell: Box


class Pictorial(NamedTuple):
    """The isometric view."""

    scale: float
    ink: Ink


def draw(
    solid: Solid,
    *,
    title: str = "",
    projection: Projection = "third",
    hidden: bool = True,
    dimensions: bool = True,
    sheet: str = "A3",
    title_block: bool = True,
    unit: str = "mm",
) -> Sheet:
    """Make the drawing of a part.

    Args:
        solid: with the export ``drawing`` among its files; else it is drawn from its mesh.
        title: the part's name, for the title block.
        projection: first angle (ISO) or third angle (ASME).
        hidden: whether hidden lines are drawn, dashed.
        dimensions: whether the part is dimensioned.
        sheet: a name in :data:`cadvlm.render.drawing.paper.PAPERS`.
        title_block: whether the sheet gets a frame and a title block; a square one never does.
        unit: of the part, for the title block.

    Raises:
        InputError: the program wrote nonsense there.
    """
    exact = solid.files.get("drawing")
    try:
        views = unpack(exact) if exact else trace(solid)
    except NotADrawing as fault:
        raise InputError(f"the lines of the drawing: {fault}") from None
    paper = PAPERS[sheet]
    framed = paper.framed and title_block
    space = paper.space
    if framed:
        space = Box(space.left, space.bottom + TITLE.height, space.right, space.top).grown(-4)
    _check(views, solid.bbox)
    features = find(solid.facts, solid.bbox) if solid.facts else Features([], ([], [], []), [])
    for most in range(MOST[sheet], -1, -1):
        plans = plan(features, solid.bbox, views, dimensions=dimensions and most > 0, most=most)
        smallest = 1 / CROWDED if most else 0.0
        fitted = _fitted(
            views, plans, solid.bbox, space, projection, hidden, paper.framed, smallest
        )
        if fitted is not None:
            break
    assert fitted is not None  # without dimensions everything fits at some scale
    drawn, scale = fitted
    if framed:
        drawn.add(frame(paper))
        block = table(title, scale, unit, projection == "first", sheet)
        drawn.add(block, paper.space.right - TITLE.width, paper.space.bottom)
    return Sheet(paper.width, paper.height, title, drawn)


def render(
    sheet: Sheet,
    width: int,
    variation: Variation | None = None,
    rng: np.random.Generator | None = None,
) -> Rendering:
    """A sheet as a picture, so many pixels wide, as PNG; with a variation, drawn from ``rng``."""
    image = bitmap(sheet, width, line=variation.line if variation else 1.0)
    if variation is not None:
        image = variation.finish_sheet(image, rng or np.random.default_rng(0))
    return Rendering("sheet", "drawing", width, len(image), png.encode(image))


def _check(views: dict[str, Lines], bbox: Sequence[float]) -> None:
    """Refuse lines that are not this part's: sheets and scales would be without bounds."""
    size = math.dist(bbox[:3], bbox[3:])
    if not SMALLEST < size < LARGEST:
        raise InputError(f"a part of size {size:g} cannot be drawn")
    corners = np.array(list(itertools.product(*zip(bbox[:3], bbox[3:], strict=True))))
    for name, lines in views.items():
        box = corners @ CAMERAS[name].axes[:2].T
        low, high = extent(lines)
        over = max(float((box.min(axis=0) - low).max()), float((high - box.max(axis=0)).max()))
        if over > OVER * size:
            raise InputError(f"the lines of the drawing: larger than the part ({name})")


def _fitted(
    views: dict[str, Lines],
    plans: dict[str, Plan],
    bbox: Sequence[float],
    space: Box,
    projection: Projection,
    hidden: bool,
    standard: bool,
    smallest: float,
) -> tuple[Ink, float] | None:
    """The views at the largest scale at which they fit, with all that belongs to them.

    None: it is a smaller part than ``smallest`` of the scale at which they would fit alone.
    """
    grid = _GRIDS[projection]
    bare = {name: np.ptp(extent(views[name]), axis=0) for name in FRAMES}
    width, depth, height = bare["front"][0], bare["top"][1], bare["front"][1]
    largest = min(space.width / (width + depth), space.height / (height + depth))
    smallest *= largest
    while True:
        scale = standard_scale(largest) if standard else largest
        if scale < smallest:
            return None
        placed = {
            name: _view(views[name], plans[name], _low(name, bbox), scale, sides, hidden)
            for name, sides in _SIDES[projection].items()
        }
        ways = _arranged(placed, grid, space)
        if isinstance(ways, Lacking):
            # What stands beside the views keeps its size; only they shrink.
            drawn = scale * (width + depth), scale * (height + depth)
            shrunk = min(1 - lack / own for lack, own in zip(ways, drawn, strict=True))
            largest = scale * min(LESS, max(shrunk, 0.5))
            continue
        shown = [(it, _pictorial(views["iso"], it.cell, scale, standard)) for it in ways]
        found = [(it, pictorial) for it, pictorial in shown if pictorial is not None]
        if found:
            arrangement, pictorial = found[0]
            if pictorial.scale * BESIDE < found[-1][1].scale:
                arrangement, pictorial = found[-1]
            arrangement.ink.add(pictorial.ink)
            return arrangement.ink, scale
        largest = scale * LESS


def _low(view: str, bbox: Sequence[float]) -> NDArray[np.float64]:
    return np.array([bbox[k] for k in FRAMES[view]])


def _view(
    lines: Lines,
    plan: Plan,
    low: NDArray[np.float64],
    scale: float,
    sides: tuple[Side, Side],
    hidden: bool,
) -> View:
    view = draw_view(lines, low, scale, hidden=hidden, smooth=False)
    annotate(view, plan, low, scale, sides)
    return view


def _pictorial(lines: Lines, cell: Box, scale: float, standard: bool) -> Pictorial | None:
    """The isometric view in the middle of what the others leave; None where it would be too small.
    Its scale is written under it where it is another."""
    low, high = extent(lines)
    room = cell.grown(-APART / 2)
    width, height = high - low
    own, note = scale, 0.0
    if width * own > room.width or height * own > room.height:
        note = TEXT + 4 if standard else 0.0
        own = min(room.width / width, (room.height - note) / height)
        if own < scale / SMALLER:
            return None
        own = standard_scale(own) if standard else own
    width, height = width * own, height * own
    corner = room.left + (room.width - width) / 2, room.bottom + (room.height - height + note) / 2
    ink = Ink()
    ink.add(draw_view(lines, low, own, hidden=False, smooth=True).ink, *corner)
    if note:
        text = f"({ratio(own)})"
        middle = room.left + (room.width - lettering.width(text, TEXT)) / 2
        ink.labels.append(Label(text, (middle, corner[1] - note), TEXT))
    return Pictorial(own, ink)


def _arranged(
    views: dict[str, View], grid: tuple[tuple[str, str], tuple[str, str]], space: Box
) -> list[Arrangement] | Lacking:
    """The views in line with one another: spread out, with the isometric one in the fourth corner,
    or close together, with it beside them. Or what they lack to fit."""
    boxes = {name: view.ink.box for name, view in views.items()}
    columns = [[boxes[row[c]] for row in grid if row[c] in boxes] for c in (0, 1)]
    rows = [[boxes[name] for name in row if name in boxes] for row in grid]
    # Neighbours share their origin in one direction.
    left, right = ([max(side(b) for b in bs) for bs in columns] for side in (_left, _right))
    below, above = ([max(side(b) for b in bs) for bs in rows] for side in (_below, _above))
    widths, heights = np.add(left, right), np.add(below, above)
    spare = space.width - widths.sum() - APART, space.height - heights.sum() - APART
    if min(spare) < 0:
        return Lacking(*(max(0.0, -float(it)) for it in spare))
    y = space.bottom + np.array([spare[1] / 4, spare[1] * 3 / 4 + heights[0] + APART])
    x = space.left + np.array([spare[0] / 4, spare[0] * 3 / 4 + widths[0] + APART])
    close = space.left + np.array([0.0, widths[0] + APART])
    r, c = next((r, c) for r in (0, 1) for c in (0, 1) if grid[r][c] not in views)
    across = (space.left, x[1]) if c == 0 else (x[0] + widths[0], space.right)
    up = (space.bottom, y[1]) if r == 0 else (y[0] + heights[0], space.top)
    corner = Box(float(across[0]), float(up[0]), float(across[1]), float(up[1]))
    beside = Box(float(close[1] + widths[1]), space.bottom, space.right, space.top)
    return [
        Arrangement(_placed(views, grid, at + left, y + below), cell)
        for at, cell in ((x, corner), (close, beside))
    ]


def _placed(
    views: dict[str, View],
    grid: tuple[tuple[str, str], tuple[str, str]],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> Ink:
    """The views with their origins at the places of their columns and rows."""
    ink = Ink()
    for r, names in enumerate(grid):
        for c, name in enumerate(names):
            if name in views:
                ink.add(views[name].ink, float(x[c]), float(y[r]))
    return ink


def _left(box: Box) -> float:
    return -box.left


def _right(box: Box) -> float:
    return box.right


def _below(box: Box) -> float:
    return -box.bottom


def _above(box: Box) -> float:
    return box.top
