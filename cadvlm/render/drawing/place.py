"""Putting dimensions beside a view so that nothing collides (ISO 129-1).

Distances go outside the outline, the shorter ones nearer, so that no extension line crosses a
dimension line of the same corner; texts stand clear of every extension line. Diameters and radii
are pointed at from the nearest free place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import atan2, hypot, pi, tau
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.lines import Kind, Lines
from cadvlm.render.drawing import lettering
from cadvlm.render.drawing.dimensions import Leader, Linear, Plan
from cadvlm.render.drawing.sheet import Arrow, Box, Ink, Label, Line, Stroke, around
from cadvlm.render.drawing.space import CELL, Space

Side = Literal["below", "above", "left", "right"]

TEXT = 3.5
"""Height of letters and digits in millimetres."""
ON = 0.06
"""Millimetres within which a line runs through a place."""
GAP = 1.0
"""Between a text and its line."""
FIRST = 9.5
"""From the outline to the first dimension line."""
STEP = 7.0
"""From one dimension line to the next."""
BEYOND = 1.5
"""How far an extension line runs past its dimension line."""
ARROW = 2.8
"""Length of an arrowhead."""
MARK = 2.0
"""How far centre lines reach beyond what they are the centre of."""
CLEAR = 0.8
"""Free space around a text."""
FARTHEST = 34.0
"""Longest leader."""
FAR = 12.0
"""A dimension goes to the other side of a view where its feature is this much nearer."""
ROOM = 75.0
"""Around a view, for all that goes beside it."""

_ACROSS: dict[Side, Side] = {"below": "above", "above": "below", "left": "right", "right": "left"}
_LINES = {Kind.VISIBLE: Line.VISIBLE, Kind.SMOOTH: Line.SMOOTH, Kind.HIDDEN: Line.HIDDEN}
_ANGLES = np.radians([angle for angle in range(20, 360, 10) if angle % 90 not in (0, 10, 80)])


@dataclass
class View:
    """A view on paper, its lower left corner at the origin."""

    ink: Ink
    core: Box
    """What the part covers."""


def draw_view(
    lines: Lines, low: NDArray[np.float64], scale: float, *, hidden: bool, smooth: bool
) -> View:
    """The lines of a view.

    Args:
        lines: in the part's unit.
        low: (2,) which point of those comes to the origin.
        scale: millimetres of paper for one unit.
        hidden: whether hidden lines are drawn, dashed.
        smooth: whether lines are drawn where faces run into one another.
    """
    ink = Ink()
    for kind, points, (x, y, radius) in lines.curves():
        if (kind == Kind.HIDDEN and not hidden) or (kind == Kind.SMOOTH and not smooth):
            continue
        circle = ((x - low[0]) * scale, (y - low[1]) * scale, radius * scale) if radius else None
        ink.strokes.append(Stroke(_LINES[kind], (points - low) * scale, circle))
    shown = np.concatenate([stroke.points for stroke in ink.strokes])
    return View(ink, around(shown))


def annotate(
    view: View, plan: Plan, low: NDArray[np.float64], scale: float, sides: tuple[Side, Side]
) -> None:
    """Add centre lines and dimensions to a view.

    Args:
        view: as :func:`draw_view` made it.
        plan: what to add, in the part's unit.
        low, scale: as there.
        sides: where dimensions to the right go, and those upwards.
    """
    annotator = _Annotator(view, low, scale)
    annotator.centres(plan)
    for upright, side in enumerate(sides):
        own = [it for it in plan.linear if it.upright == bool(upright)]
        rows, others = _Rows(annotator, side), _Rows(annotator, _ACROSS[side])
        near = [it for it in own if it.overall or rows.start(it) >= others.start(it) - FAR]
        rows.place(near)
        others.place([it for it in own if it not in near])
    for leader in plan.leaders:
        annotator.leader(leader)


class _Annotator:
    def __init__(self, view: View, low: NDArray[np.float64], scale: float) -> None:
        self.ink, self.core = view.ink, view.core
        self.low, self.scale = low, scale
        area = view.core.grown(ROOM)
        self.taken, self.texts = Space(area), Space(area)
        for stroke in self.ink.strokes:
            self.taken.line(stroke.points)
        seen = [stroke.points for stroke in self.ink.strokes if stroke.line is Line.VISIBLE]
        self.outline = np.concatenate(seen)
        """(P, 2) points of all visible lines."""
        self.edges = np.array([points for points in seen if len(points) == 2]).reshape(-1, 2, 2)
        """(N, 2, 2) ends of those that are straight."""

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        x, y = (np.array(point) - self.low) * self.scale
        return float(x), float(y)

    def stroke(self, line: Line, *points: tuple[float, float]) -> None:
        self.ink.strokes.append(Stroke(line, np.array(points)))
        self.taken.line(np.array(points))

    def arrow(self, tip: tuple[float, float], angle: float) -> None:
        arrow = Arrow(tip, angle, ARROW)
        self.ink.arrows.append(arrow)
        corners = arrow.corners()
        self.taken.line(np.concatenate([corners, corners[:1]]))
        self.texts.line(corners[:2])

    def label(self, label: Label) -> None:
        self.ink.labels.append(label)
        self.taken.box(label.box.grown(CLEAR / 2))
        self.texts.box(label.box.grown(CLEAR / 2))

    # Centres

    def centres(self, plan: Plan) -> None:
        for center, radius in plan.pitches:
            (x, y), size = self.at(center), radius * self.scale
            angles = np.linspace(0, tau, 121)
            points = np.stack([x + size * np.cos(angles), y + size * np.sin(angles)], axis=1)
            self.ink.strokes.append(Stroke(Line.CENTRE, points, (x, y, size)))
            self.taken.line(points)
        for center, radius in plan.marks:
            (x, y), reach = self.at(center), radius * self.scale + MARK
            # Dashes that would not fit are left out: short centre lines are continuous.
            line = Line.CENTRE if reach > 7 else Line.DIMENSION
            self.stroke(line, (x - reach, y), (x + reach, y))
            self.stroke(line, (x, y - reach), (x, y + reach))
        for start, end in plan.axes:
            (x0, y0), (x1, y1) = self.at(start), self.at(end)
            beyond = (MARK, 0.0) if abs(x1 - x0) > abs(y1 - y0) else (0.0, MARK)
            line = Line.CENTRE if hypot(x1 - x0, y1 - y0) > 10 else Line.DIMENSION
            self.stroke(line, (x0 - beyond[0], y0 - beyond[1]), (x1 + beyond[0], y1 + beyond[1]))

    # Diameters and radii

    def leader(self, leader: Leader) -> None:
        """Point at one of the targets, from where the text is free and least is crossed."""
        width = lettering.width(leader.text, TEXT)
        ways = np.concatenate([self._ways(*target) for target in leader.targets[:8]])
        tips, elbows = ways[:, 0:2], ways[:, 2:4]
        side = np.where(elbows[:, 0] >= tips[:, 0], 1.0, -1.0)
        left = np.where(side > 0, elbows[:, 0], elbows[:, 0] - width - GAP)
        boxes = np.stack(
            [left, elbows[:, 1], left + width + GAP, elbows[:, 1] + GAP + TEXT], axis=1
        )
        free = np.flatnonzero(self.taken.free(boxes + CLEAR * np.array([-1, -1, 1, 1])))
        tips, elbows, side, left, boxes = (it[free] for it in (tips, elbows, side, left, boxes))
        ways, length = elbows - tips, np.hypot(*(elbows - tips).T)
        # The circle that is pointed at does not count as crossed.
        begins = tips + ways * np.minimum(1.0, 2 * CELL / length)[:, None]
        cost = length + 3.0 * self.taken.met(begins, elbows) + self._out(boxes)
        cost[self.texts.met(tips, elbows) > 0] = np.inf
        if not np.isfinite(cost).any():
            return
        best = int(np.argmin(cost))
        (tx, ty), (ex, ey) = tips[best].tolist(), elbows[best].tolist()
        self.stroke(Line.DIMENSION, (tx, ty), (ex, ey), (ex + side[best] * (width + GAP), ey))
        self.texts.line(np.array([(tx, ty), (ex, ey)]))
        self.arrow((tx, ty), atan2(ty - ey, tx - ex))
        self.label(Label(leader.text, (float(left[best]) + GAP / 2, ey + GAP), TEXT))

    def _ways(
        self, center: tuple[float, float], radius: float, start: float, end: float
    ) -> NDArray[np.float64]:
        """(N, 4) tips on the circle, and elbows of the leader, outside it and inside."""
        x, y = self.at(center)
        angles = _ANGLES
        if end - start < tau - 1e-3:
            middle = (start + end) / 2
            within = np.abs((angles - middle + pi) % tau - pi) < (end - start) / 2
            angles = angles[within] if within.any() else np.array([middle])
        lengths = np.arange(ARROW + 2, FARTHEST, 1.5)
        turn, out = (it.ravel() for it in np.meshgrid(angles, np.concatenate([lengths, -lengths])))
        ways = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        tips = np.array([x, y]) + ways * radius * self.scale
        return np.concatenate([tips, tips + ways * out[:, None]], axis=1)

    def _out(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) by how much boxes make the view larger, which costs scale."""
        covered = self.ink.box
        grown = np.maximum(covered.left - boxes[:, 0], 0) + np.maximum(
            boxes[:, 2] - covered.right, 0
        )
        grown += np.maximum(covered.bottom - boxes[:, 1], 0)
        return grown + np.maximum(boxes[:, 3] - covered.top, 0)


@dataclass
class _Row:
    """A dimension with its place along the outline, and what it takes there."""

    it: Linear
    low: float
    high: float
    text: float
    """Where the text begins."""
    width: float
    arrows_inside: bool

    @property
    def span(self) -> tuple[float, float]:
        tail = 0.0 if self.arrows_inside else 2 * ARROW
        return min(self.low - tail, self.text), max(self.high + tail, self.text + self.width)


class _Rows:
    """The dimensions on one side of a view, in rows."""

    def __init__(self, annotator: _Annotator, side: Side) -> None:
        self._annotator, self._side, self._core = annotator, side, annotator.core
        self._upright = side in ("left", "right")
        self._rows: list[list[_Row]] = []

    def place(self, dimensions: list[Linear]) -> None:
        """Dimensions from the shortest to the longest."""
        k, annotator = int(self._upright), self._annotator
        extensions: dict[float, tuple[float, float]] = {}
        ends = [
            tuple((at - annotator.low[k]) * annotator.scale for at in (it.low, it.high))
            for it in dimensions
        ]
        for number, (it, (low, high)) in enumerate(zip(dimensions, ends, strict=True)):
            later = np.array([at for pair in ends[number + 1 :] for at in pair])
            row, level = self._free(it, low, high, later)
            while level >= len(self._rows):
                self._rows.append([])
            self._rows[level].append(row)
            distance = FIRST + level * STEP
            self._draw(row, distance)
            for at, start in ((low, self._start(low, None)), (high, self._start(high, it))):
                key = round(at, 3)
                before = extensions.get(key, (start, distance))
                extensions[key] = (max(start, before[0]), max(distance, before[1]))
        for at, (start, end) in extensions.items():
            line = self._point(at, start + GAP), self._point(at, end + BEYOND)
            annotator.stroke(Line.DIMENSION, *line)

    def _free(
        self, it: Linear, low: float, high: float, later: NDArray[np.float64]
    ) -> tuple[_Row, int]:
        """The first row with room, and the best place for the text in it."""
        width = lettering.width(it.text, TEXT)
        places = list(self._texts(low, high, width, later))
        for further in range(10):
            for text in places:
                row = _Row(it, low, high, text, width, high - low > 2.5 * ARROW)
                level = self._level(row) + further
                if self._is_free(row, FIRST + level * STEP):
                    return row, level
        return row, level

    def _texts(
        self, low: float, high: float, width: float, later: NDArray[np.float64]
    ) -> Iterator[float]:
        """Where the text may begin: over its line, clear of the extension lines that will pass by,
        the middle first; then beside it."""
        middle = (low + high - width) / 2
        places = np.append(np.arange(low + 0.3, high - width - 0.3, 2 * CELL), middle)
        places = places[np.argsort(np.abs(places - middle), kind="stable")]
        passing = later[:, None]
        clear = ((passing < places - CLEAR) | (passing > places + width + CLEAR)).all(axis=0)
        if width < high - low - 0.6:
            yield from places[clear][:8].tolist()
        tail = 2 * ARROW + GAP
        if not ((later > low - tail - width - CLEAR) & (later < low - 1e-6)).any():
            yield low - tail - width
        yield max([high, *later]) + tail

    def _level(self, row: _Row) -> int:
        """The innermost row with room that no shorter dimension lies outside of."""
        (low, high), level = row.span, len(self._rows)
        while level > 0 and all(
            other.span[1] + 2 * GAP < low or high + 2 * GAP < other.span[0]
            for other in self._rows[level - 1]
        ):
            level -= 1
        return level

    def _is_free(self, row: _Row, distance: float) -> bool:
        box = self._label(row, distance).box.grown(CLEAR)
        start, end = (np.array([self._point(at, distance)]) for at in row.span)
        taken, texts = self._annotator.taken, self._annotator.texts
        return taken.is_free(box) and bool(texts.met(start, end)[0] == 0)

    def start(self, it: Linear) -> float:
        """Where the extension line at the far end of a dimension begins."""
        high = (it.high - self._annotator.low[int(self._upright)]) * self._annotator.scale
        return self._start(high, it)

    def _start(self, at: float, it: Linear | None) -> float:
        """Where an extension line begins, as a distance from the outline; inside it is negative."""
        annotator, k = self._annotator, int(self._upright)
        if it is not None and it.feature is not None:
            center, radius = it.feature
            x, y = annotator.at(center)
            return self._distance(x, y) + radius * annotator.scale + MARK - GAP
        edges, outline = annotator.edges, annotator.outline
        found = edges[(np.abs(edges[:, :, k] - at) < ON).all(axis=1)].reshape(-1, 2)
        if not len(found):
            # Nothing straight there: the outline is round, and touches the place.
            found = outline[np.abs(outline[:, k] - at) < ON]
        return max((self._distance(x, y) for x, y in found.tolist()), default=0.0)

    def _draw(self, row: _Row, distance: float) -> None:
        annotator, (low, high) = self._annotator, (row.low, row.high)
        start, end = row.span
        if row.arrows_inside:
            start, end = min(low, row.text), max(high, row.text + row.width)
        annotator.stroke(Line.DIMENSION, self._point(start, distance), self._point(end, distance))
        outward = 1 if row.arrows_inside else -1
        turn = pi / 2 if self._upright else 0.0
        annotator.arrow(self._point(low, distance), turn + (pi if outward > 0 else 0.0))
        annotator.arrow(self._point(high, distance), turn + (0.0 if outward > 0 else pi))
        annotator.label(self._label(row, distance))

    def _label(self, row: _Row, distance: float) -> Label:
        x, y = self._point(row.text, distance)
        at = (x - GAP, y) if self._upright else (x, y + GAP)
        return Label(row.it.text, at, TEXT, self._upright)

    def _point(self, along: float, distance: float) -> tuple[float, float]:
        core = self._core
        return {
            "below": (along, core.bottom - distance),
            "above": (along, core.top + distance),
            "left": (core.left - distance, along),
            "right": (core.right + distance, along),
        }[self._side]

    def _distance(self, x: float, y: float) -> float:
        core = self._core
        return float(
            {
                "below": core.bottom - y,
                "above": y - core.top,
                "left": core.left - x,
                "right": x - core.right,
            }[self._side]
        )
