"""Which dimensions a drawing gets, and in which view: every one once, where it shows its true size.

* Overall sizes; a diameter in place of two of them for a turned part.
* Positions of holes and steps from the left or lower edge of the part.
* Diameters of holes, equal ones together (``4× ⌀6``), with the depth of blind ones; of bosses;
  radii of arcs; pitch circles of holes that lie evenly around a round face.

What is not said: angles, chamfers, threads, freeform, and whatever is not along X, Y or Z. Where
there is more than fits, the least important is left out: see ``most`` in :func:`plan`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import atan2, hypot, log10, tau

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.lines import Kind, Lines
from cadvlm.render.drawing.features import SHORT, Features, Round

Point = tuple[float, float]

FRAMES = {"front": (0, 2), "top": (0, 1), "right": (1, 2)}
"""Which of X, Y, Z runs to the right and which up."""

AXIAL = ("right", "front", "top")
"""The view along X, Y, Z."""

SAME = 1e-5
"""Positions and radii that differ by less, in diagonals of the part, are one."""

APART = 0.015
"""Slanting edges shorter than this are not told, nor ends of theirs that lie so near to what is, in
diagonals of the part: broken edges, and facets where a mesh was drawn."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A distance, dimensioned outside the outline."""

    upright: bool
    """Measured upwards, else to the right."""
    low: float
    high: float
    text: str
    feature: tuple[Point, float] | None = None
    """Centre and radius of the circle whose centre ``high`` is; None: an edge."""
    overall: bool = False
    weight: float = 0.0
    """What it says first, when not all of them fit: lengths of visible lines, in units."""


@dataclass(frozen=True, slots=True)
class Leader:
    """A diameter or radius, pointed at."""

    text: str
    targets: list[tuple[Point, float, float, float]]
    """Centre, radius, and the angles between which there is an arc; any one may be pointed at."""


@dataclass(slots=True)
class Plan:
    """What is drawn in one view besides its lines. Lengths in the part's unit."""

    linear: list[Linear] = field(default_factory=list)
    leaders: list[Leader] = field(default_factory=list)
    marks: list[tuple[Point, float]] = field(default_factory=list)
    """Centre and radius of circles whose centre is marked."""
    axes: list[tuple[Point, Point]] = field(default_factory=list)
    """Axes of round faces, as long as those."""
    pitches: list[tuple[Point, float]] = field(default_factory=list)
    """Circles on which the centres of holes lie."""


class _Planner:
    def __init__(self, features: Features, bbox: Sequence[float], views: dict[str, Lines]) -> None:
        self.features, self.views = features, views
        self.low, self.high = np.array(bbox[:3]), np.array(bbox[3:])
        size = float(np.linalg.norm(self.high - self.low))
        self.same, self.apart = SAME * size, APART * size
        self.decimals = max(2, min(6, 4 - int(np.ceil(log10(size)))))
        self.plans = {name: Plan() for name in FRAMES}
        self.outer = next((r for r in features.rounds if self._is_outline(r)), None)
        self.straight = {
            (name, kind): _straight(views[name], kind) for name in FRAMES for kind in Kind
        }
        self.placed: list[list[float]] = [[], [], []]
        """Positions along X, Y, Z that have their dimension."""

    def _is_outline(self, it: Round) -> bool:
        """The part is as wide and deep as this cylinder."""
        across = [k for k in range(3) if k != it.direction]
        ends = [(it.center[k] - it.radius, it.center[k] + it.radius) for k in across]
        return (
            it.full
            and not it.hole
            and np.allclose(ends, [(self.low[k], self.high[k]) for k in across], atol=self.same)
        )

    def number(self, value: float) -> str:
        """As a person writes it. With a point, not the comma of ISO: the code has points."""
        text = f"{value:.{self.decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def flat(self, view: str, point: Sequence[float]) -> Point:
        right, up = FRAMES[view]
        return point[right], point[up]

    # Centres

    def centres(self) -> None:
        spans: dict[tuple[str, bool, int], list[float]] = {}
        for it in self.features.rounds:
            if not it.centred:
                continue
            self._mark(it)
            for view, (right, up) in FRAMES.items():
                if it.full and it.direction in (right, up):
                    upright = it.direction == up
                    across = it.center[right if upright else up]
                    key = (view, upright, round(across / (10 * self.same)))
                    span = spans.setdefault(key, [across, it.low, it.high])
                    span[1:] = [min(span[1], it.low), max(span[2], it.high)]
        for (view, upright, _), (across, low, high) in spans.items():
            ends = [(across, low), (across, high)] if upright else [(low, across), (high, across)]
            self.plans[view].axes.append((ends[0], ends[1]))
        for center, radius in self.features.spheres:
            for view, plan in self.plans.items():
                plan.marks.append((self.flat(view, center), radius))

    def _mark(self, it: Round) -> None:
        view = AXIAL[it.direction]
        center, marks = self.flat(view, it.center), self.plans[view].marks
        # Rounds come with the largest first.
        if all(hypot(x - center[0], y - center[1]) > self.same for (x, y), _ in marks):
            marks.append((center, it.radius))

    # Round features

    def rounds(self) -> None:
        groups: dict[tuple[int, int, str, str], list[Round]] = {}
        for it in self.features.rounds:
            if it is self.outer:
                continue
            size = round(it.radius / (10 * self.same))
            depth = self.number(it.depth) if it.depth and it.full else ""
            what = ("hole" if it.hole else "boss") if it.full else "arc"
            groups.setdefault((it.direction, size, what, depth), []).append(it)
        for (_, _, what, _), group in groups.items():
            if what == "boss" and len(group) == 1 and self._across(group[0]):
                continue
            if what == "hole" and len(group) > 2:
                self._pitch(group)
            self._point_at(group, what == "arc")
        for center, radius in self.features.spheres:
            around = [(self.flat("front", center), radius, 0.0, tau)]
            text = f"S⌀{self.number(2 * radius)}"
            self.plans["front"].leaders.append(Leader(text, around))

    def _across(self, it: Round) -> bool:
        """Give a boss its diameter where it is seen from the side, as turned parts have it."""
        for view, (right, up) in FRAMES.items():
            if it.direction not in (right, up):
                continue
            upright = it.direction == right
            center = it.center[up if upright else right]
            ends = center - it.radius, center + it.radius
            seen = [self._seen(view, upright, end) for end in ends]
            if min(seen) > self.same:
                text = f"⌀{self.number(2 * it.radius)}"
                self.plans[view].linear.append(Linear(upright, *ends, text, weight=sum(seen)))
                return True
        return False

    def _point_at(self, group: list[Round], arcs: bool) -> None:
        first = group[0]
        count = f"{len(group)}× " if len(group) > 1 else ""
        size = f"R{self.number(first.radius)}" if arcs else f"⌀{self.number(2 * first.radius)}"
        depth = f" ↧{self.number(first.depth)}" if first.depth and not arcs else ""
        view = AXIAL[first.direction]
        targets = [(self.flat(view, it.center), it.radius, *self._angles(view, it)) for it in group]
        self.plans[view].leaders.append(Leader(count + size + depth, targets))

    def _angles(self, view: str, it: Round) -> tuple[float, float]:
        if it.full:
            return 0.0, tau
        (x, y), (mx, my) = self.flat(view, it.center), self.flat(view, it.middle)
        middle = atan2(my - y, mx - x)
        return middle - it.around / 2, middle + it.around / 2

    def _pitch(self, group: list[Round]) -> None:
        """Holes that lie evenly around another round face: a pitch circle in place of positions."""
        k = group[0].direction
        view = AXIAL[k]
        points = np.array([self.flat(view, it.center) for it in group])
        hubs = (it for it in self.features.rounds if it.direction == k and it not in group)
        for hub in hubs:
            center = np.array(self.flat(view, hub.center))
            away = points - center
            radii, angles = np.hypot(*away.T), np.sort(np.arctan2(*away.T))
            turns = np.diff([*angles, angles[0] + tau])
            if hub.full and np.ptp(radii) < 10 * self.same and np.ptp(turns) < 1e-3:
                at, radius = (float(center[0]), float(center[1])), float(radii.mean())
                self.plans[view].pitches.append((at, radius))
                text = f"⌀{self.number(2 * radius)}"
                self.plans[view].leaders.append(Leader(text, [(at, radius, 0.0, tau)]))
                for axis, values in zip(FRAMES[view], points.T.tolist(), strict=True):
                    self.placed[axis] += values
                return

    # Positions

    def positions(self) -> None:
        for it in self.features.rounds:
            if it.centred:
                view = AXIAL[it.direction]
                for upright, k in enumerate(FRAMES[view]):
                    around = (self.flat(view, it.center), it.radius)
                    self._position(view, bool(upright), k, it.center[k], around, it.radius)
        for k, steps in enumerate(self.features.steps):
            for at in steps:
                self._step(k, at)
        for view in FRAMES:
            for length, point in self._corners(view):
                for upright, k in enumerate(FRAMES[view]):
                    if not self._is_silhouette(view, upright, point):
                        at = point[upright]
                        self._position(view, bool(upright), k, at, None, length / 2, self.apart)

    def _step(self, k: int, at: float) -> None:
        """A flat face, where its edge is longest; on a hidden one if it is seen nowhere."""
        views = [view for view, frame in FRAMES.items() if k in frame]
        if any(self._is_flank(it, k, at) for it in self.features.rounds):
            return
        kinds = [Kind.VISIBLE]
        if not any(self._ends_at(it, k, at) for it in self.features.rounds):
            kinds.append(Kind.HIDDEN)
        for kind in kinds:
            seen = [self._seen(view, FRAMES[view][1] == k, at, kind) for view in views]
            if max(seen) > self.same:
                view = views[seen.index(max(seen))]
                self._position(view, FRAMES[view][1] == k, k, at, None, max(seen))
                return

    def _is_flank(self, it: Round, k: int, at: float) -> bool:
        """Whether this is the side of a slot, which the radius of its ends tells."""
        slot = it.centred and not it.full and it.direction != k
        return slot and abs(abs(at - it.center[k]) - it.radius) < self.same

    def _ends_at(self, it: Round, k: int, at: float) -> bool:
        """Whether this is the bottom of a blind hole, whose depth is told."""
        return (
            bool(it.depth)
            and it.direction == k
            and min(abs(at - it.low), abs(at - it.high)) < self.same
        )

    def _is_silhouette(self, view: str, upright: int, point: Point) -> bool:
        """Whether a corner is where a round face ends, chamfer included: a diameter says so."""
        k, along = FRAMES[view][upright], FRAMES[view][1 - upright]
        return any(
            it.direction == along
            and abs(point[upright] - it.center[k]) < it.radius + 10 * self.same
            and it.low - SHORT * it.radius < point[1 - upright] < it.high + SHORT * it.radius
            for it in self.features.rounds
            if it.full
        )

    def _corners(self, view: str) -> Iterator[tuple[float, Point]]:
        """Where slanting edges begin and end, with their length; not where they run into an arc,
        for then the arc says where."""
        slanting, bent = [], [np.zeros((0, 2))]
        for kind, points, _ in self.views[view].curves():
            if len(points) > 2:
                bent.append(points[[0, -1]])
            elif (
                kind == Kind.VISIBLE
                and np.hypot(*(points[1] - points[0])) > self.apart
                and (np.abs(points[1] - points[0]) > 10 * self.same).all()
            ):
                slanting.append(points)
        ends = np.concatenate(bent)
        for points in slanting:
            for x, y in points.tolist():
                if not (np.abs(ends - (x, y)).max(axis=1) < 10 * self.same).any():
                    yield float(np.hypot(*(points[1] - points[0]))), (x, y)

    def _position(
        self,
        view: str,
        upright: bool,
        k: int,
        at: float,
        feature: tuple[Point, float] | None,
        weight: float,
        apart: float = 0.0,
    ) -> None:
        low = float(self.low[k])
        on_axis = self.outer and k != self.outer.direction
        known = [*self.placed[k], low, float(self.high[k])]
        if on_axis and self.outer:
            known.append(self.outer.center[k])
        if all(abs(at - other) > max(apart, self.same) for other in known):
            self.placed[k].append(at)
            text = self.number(at - low)
            self.plans[view].linear.append(
                Linear(upright, low, at, text, feature, weight=weight + (feature is not None) * 1e9)
            )

    def _seen(self, view: str, upright: bool, at: float, kind: Kind = Kind.VISIBLE) -> float:
        """Length of the straight lines at a position."""
        ends = self.straight[view, kind]
        there = (np.abs(ends[:, :, int(upright)] - at) < 10 * self.same).all(axis=1)
        return float(np.abs(np.diff(ends[there][:, :, 1 - upright])).sum())

    def overall(self) -> None:
        size = float((self.high - self.low).max())
        if any(2 * radius > size - self.same for _, radius in self.features.spheres):
            return
        for k in range(3):
            low, high = float(self.low[k]), float(self.high[k])
            text = self.number(high - low)
            if self.outer and k != self.outer.direction:
                if k != min(j for j in range(3) if j != self.outer.direction):
                    continue
                text = "⌀" + text
            views = [view for view, frame in FRAMES.items() if k in frame]
            if self.outer and text.startswith("⌀"):
                views = [view for view in views if view != AXIAL[self.outer.direction]]
            view = max(views, key=lambda name: self._busy(name, k))
            self.plans[view].linear.append(
                Linear(FRAMES[view][1] == k, low, high, text, overall=True, weight=np.inf)
            )

    def _busy(self, view: str, k: int) -> int:
        return sum(it.upright == (FRAMES[view][1] == k) for it in self.plans[view].linear)


def plan(
    features: Features,
    bbox: Sequence[float],
    views: dict[str, Lines],
    *,
    dimensions: bool,
    most: int,
) -> dict[str, Plan]:
    """Choose what is dimensioned.

    Args:
        features: what there is.
        bbox: ``(xmin, ymin, zmin, xmax, ymax, zmax)``.
        views: the lines of each view.
        dimensions: False: centre lines only.
        most: dimensions in one direction beside one view, and leaders in one view.

    Returns:
        A plan for the front, the top and the right view.
    """
    planner = _Planner(features, bbox, views)
    planner.centres()
    if dimensions:
        planner.rounds()
        planner.positions()
        planner.overall()
    for it in planner.plans.values():
        it.linear = [
            dimension for upright in (False, True) for dimension in _first(it.linear, upright, most)
        ]
        it.leaders = it.leaders[:most]
    return planner.plans


def _first(dimensions: list[Linear], upright: bool, most: int) -> list[Linear]:
    """Those that say most, in the order of their length: the overall one last."""
    own = [dimension for dimension in dimensions if dimension.upright == upright]
    own.sort(key=lambda dimension: -dimension.weight)
    return sorted(own[:most], key=lambda it: (it.high - it.low, it.low))


def _straight(lines: Lines, kind: Kind) -> NDArray[np.float64]:
    """(N, 2, 2) ends of the straight lines of a kind."""
    found = [points for of, points, _ in lines.curves() if of == kind and len(points) == 2]
    return np.array(found).reshape(-1, 2, 2)


def extent(lines: Lines) -> NDArray[np.float64]:
    """(2, 2) lowest and highest point of a view."""
    return np.array([lines.points.min(axis=0), lines.points.max(axis=0)])
