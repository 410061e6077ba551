"""Views of a part with its hidden lines told from the visible ones, from its mesh alone.

For parts on which the kernel's own algorithm fails or takes long, and for those that never were
more than a mesh (:mod:`cadvlm.geometry.project` has the exact one). Drawn are

- edges where faces meet at an angle; where there are only triangles, sides between two of them that
  are :data:`SHARP`;
- edges where faces run into one another, as far as they are seen;
- outlines: sides between a triangle that faces the eye and one that does not.

Each piece is cut where it runs behind a triangle that faces the eye, and so is right for the mesh.
An outline of a round face then zigzags about the true one, by less than the mesh's deflection: on
paper it is nearly edge-on there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cadvlm.geometry import facts
from cadvlm.geometry.kernels import compiled
from cadvlm.geometry.lines import VIEWS, Curve, Kind, Lines, frame, gather
from cadvlm.geometry.overlap import Interval, simplified, united
from cadvlm.geometry.solid import Mesh, Solid

# V vertices, T triangles, S sides of triangles, N pieces of lines

SMOOTH_ANGLE = 0.01
"""Faces that meet at less, in radians, run into one another; as for the exact algorithm."""

SHARP = np.cos(np.radians(25.0))
"""Cosine of the angle between triangles that meet in an edge, where no facts tell edges."""

SAME = 1e-5
"""Distance of lines that count as one, in diagonals of the bounding box."""

NEAR = 1e-6
"""What runs along a triangle's border, or lies in its plane, is not behind it; in diagonals."""

ROUND = 2e-4
"""The same for outlines, which triangles of the same face overlap by a mesh's deflection."""

SHORT = 1e-3
"""Parts of a line shorter than this do not change between visible and hidden, in diagonals."""


SPECK = 3e-3
"""Outlines shorter than this are left out, in diagonals: what is almost flat has many of them."""

NO_CIRCLE = (0.0, 0.0, 0.0)


class Line3(NamedTuple):
    """A line of the part that may be seen."""

    vertices: NDArray[np.int64]
    """Along it, in order."""
    smooth: bool


class Sides(NamedTuple):
    """The sides of a mesh's triangles."""

    ends: NDArray[np.int64]
    """(S, 2) vertices, the lower number first."""
    triangles: NDArray[np.int64]
    """(S, 2) on either hand, -1 where there is none."""

    def between(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N, 2) the triangles along N pieces from vertices to vertices; -1 where they are none."""
        span = int(self.ends.max()) + 1
        keys = self.ends[:, 0] * span + self.ends[:, 1]
        wanted = np.minimum(one, other) * span + np.maximum(one, other)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((keys[at] == wanted)[:, None], self.triangles[at], -1)


def trace(solid: Solid) -> dict[str, Lines]:
    """Draw all of :data:`cadvlm.geometry.lines.VIEWS`."""
    mesh = solid.mesh
    size = float(np.linalg.norm(np.array(solid.bbox[3:]) - solid.bbox[:3]))
    sides = _sides(mesh)
    lines = _edges(solid, size) if solid.facts else _creases(mesh, sides)
    views = {}
    for name, (eye, up) in VIEWS.items():
        placed = mesh.vertices @ frame(eye, up).T
        curves = _view(mesh, sides, lines, placed, size)
        views[name] = gather(simplified(curves, SAME * size))
    return views


def _sides(mesh: Mesh) -> Sides:
    triangles = mesh.triangles.astype(np.int64)
    pairs = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    ends, place = np.unique(pairs, axis=0, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    counts = np.bincount(place.ravel(), minlength=len(ends))
    starts = np.cumsum(counts) - counts
    around = np.full((len(ends), 2), -1)
    around[:, 0] = order[starts] // 3
    several = counts > 1
    around[several, 1] = order[starts[several] + 1] // 3
    return Sides(ends, around)


def _normals(mesh: Mesh) -> NDArray[np.float64]:
    a, b, c = (mesh.vertices[mesh.triangles[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    unit: NDArray[np.float64] = across / np.maximum(
        np.linalg.norm(across, axis=1, keepdims=True), np.finfo(float).tiny
    )
    return unit


def _creases(mesh: Mesh, sides: Sides) -> list[Line3]:
    """Edges of a mesh without facts."""
    normals, (one, other) = _normals(mesh), sides.triangles.T
    sharp = (other < 0) | ((normals[one] * normals[other]).sum(axis=1) < SHARP)
    return [Line3(chain, False) for chain in _chains(sides.ends[sharp], mesh.vertices)]


def _edges(solid: Solid, size: float) -> list[Line3]:
    """The boundary's edges that are drawn: no seams, nor borders between parts of one surface."""
    assert solid.facts is not None
    vertices = cKDTree(solid.mesh.vertices).query(solid.edge_points)[1]
    lines = []
    for start, end, joint in zip(
        solid.edge_starts[:-1], solid.edge_starts[1:], _joints(solid), strict=True
    ):
        if joint < 0 or _is_border(solid.facts, solid.facts.joints[joint]):
            continue
        smooth = abs(float(solid.facts.joints["bend"][joint])) < SMOOTH_ANGLE
        along = vertices[start:end]
        if len(along) > 2 and _is_straight(solid.edge_points[start:end], NEAR * size):
            along = along[[0, -1]]
        lines.append(Line3(along, smooth))
    return lines


def _joints(solid: Solid) -> NDArray[np.int64]:
    """Which joint each edge is: the one of its length that lies half way along; -1: none."""
    assert solid.facts is not None
    joints = solid.facts.joints
    edges = list(zip(solid.edge_starts[:-1], solid.edge_starts[1:], strict=True))
    if not len(joints) or not edges:
        return np.full(len(edges), -1)
    middles, lengths = np.empty((len(edges), 3)), np.empty(len(edges))
    for number, (start, end) in enumerate(edges):
        points = solid.edge_points[start:end]
        steps = np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1))
        along = np.concatenate([[0.0], np.cumsum(steps)])
        lengths[number] = along[-1]
        middles[number] = [np.interp(along[-1] / 2, along, points[:, k]) for k in range(3)]
    candidates = min(8, len(joints))
    away, found = cKDTree(joints["middle"]).query(middles, k=candidates)
    away, found = away.reshape(-1, candidates), found.reshape(-1, candidates)
    missed = away + np.abs(joints["length"][found] - lengths[:, None])
    best, rows = missed.argmin(axis=1), np.arange(len(edges))
    matched: NDArray[np.int64] = np.where(missed[rows, best] < 0.1 * lengths, found[rows, best], -1)
    return matched


def _is_border(known: facts.Facts, joint: np.void) -> bool:
    """Whether both faces lie on one surface."""
    one, other = known.faces[joint["faces"]]
    return bool(
        abs(joint["bend"]) < SMOOTH_ANGLE
        and one["surface"] == other["surface"] != facts.Surface.OTHER
        and abs(one["radius"] - other["radius"]) < SAME * max(one["radius"], 1e-300)
        and abs(one["second"] - other["second"]) < SMOOTH_ANGLE * max(one["second"], 1e-300)
        and abs(abs(float(one["axis"] @ other["axis"])) - float(one["axis"].any())) < SAME
    )


def _is_straight(points: NDArray[np.float64], tolerance: float) -> bool:
    way = points[-1] - points[0]
    length = float(np.linalg.norm(way))
    if length < tolerance:
        return False
    away = np.cross(points - points[0], way / length)
    return bool(np.linalg.norm(away, axis=1).max() < tolerance)


def _view(
    mesh: Mesh, sides: Sides, lines: list[Line3], placed: NDArray[np.float64], size: float
) -> list[Curve]:
    """The lines of one view; ``placed`` (V, 3) are the vertices to the right, up, and nearer."""
    corners = placed[mesh.triangles]
    facing = _facing(corners, (NEAR * size) ** 2)
    known = [np.sort(np.stack([it.vertices[:-1], it.vertices[1:]], axis=1)) for it in lines]
    outlines = _outlines(sides, facing > 0, known)
    drawn = lines + [Line3(chain, False) for chain in _chains(outlines, placed[:, :2])]
    if not drawn:
        return []
    starts = np.cumsum([0, *(len(it.vertices) - 1 for it in drawn)])
    one = np.concatenate([it.vertices[:-1] for it in drawn])
    other = np.concatenate([it.vertices[1:] for it in drawn])
    own = sides.between(one, other)
    closed: NDArray[np.bool_] = (own >= 0).all(axis=1)
    behind: NDArray[np.bool_] = closed & (facing[own] <= 0).all(axis=1)
    turns: NDArray[np.bool_] = closed & (facing[own[:, 0]] != facing[own[:, 1]])
    pieces = np.stack([placed[one], placed[other]], axis=1)
    near = np.full(len(pieces), NEAR * size)
    near[starts[len(lines)] :] = ROUND * size
    hidden = _covered(pieces, own, corners, np.flatnonzero(facing > 0), near)
    curves: list[Curve] = []
    for line, first, last in zip(drawn, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        points = placed[line.vertices]
        spans = _spans(hidden, behind[first:last], first, last)
        if (
            first >= starts[len(lines)]
            and np.abs(points[:, :2] - points[0, :2]).max() < SPECK * size
        ):
            continue
        # Where a face turns away behind a smooth edge, that is the outline.
        smooth = line.smooth and turns[first:last].mean() < 0.5
        curves += _pieces(points, smooth, spans, size)
    return curves


def _facing(corners: NDArray[np.float64], least: float) -> NDArray[np.int8]:
    """(T,) 1 for triangles that face the eye, -1 for those that turn their backs, 0 edge-on."""
    (ax, ay), (bx, by) = ((corners[:, k, :2] - corners[:, 0, :2]).T for k in (1, 2))
    area = ax * by - ay * bx
    facing: NDArray[np.int8] = np.sign(area).astype(np.int8)
    # Half of the noise of a wall that is seen edge-on faces the eye; none of it hides anything.
    facing[np.abs(area) < least] = 0
    return facing


def _outlines(
    sides: Sides, front: NDArray[np.bool_], known: list[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """(N, 2) sides of which one triangle faces the eye and the other does not, where no line is."""
    one, other = sides.triangles.T
    turns = (other >= 0) & (front[one] != front[other])
    ends: NDArray[np.int64] = sides.ends[turns]
    if known and len(ends):
        span = int(sides.ends.max()) + 1
        drawn = np.concatenate(known)
        fresh = ~np.isin(ends[:, 0] * span + ends[:, 1], drawn[:, 0] * span + drawn[:, 1])
        ends = ends[fresh]
    return ends


def _covered(
    pieces: NDArray[np.float64],
    own: NDArray[np.int64],
    corners: NDArray[np.float64],
    shown: NDArray[np.int64],
    near: NDArray[np.float64],
) -> list[NDArray[np.float64]]:
    """What :func:`_hidden` finds a little to the left of the pieces, and a little to the right.

    What runs along the border of two triangles is behind both; what runs along an outline is not.
    """
    aside = _aside(pieces) * (2 * near[:, None, None])
    triangles = corners[shown]
    return [_hidden(pieces + by, own, triangles, shown, near) for by in (aside, -aside)]


def _aside(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 1, 3) unit vectors in the picture, across pieces (N, 2, 3)."""
    way = pieces[:, 1, :2] - pieces[:, 0, :2]
    length = np.maximum(np.hypot(*way.T), np.finfo(float).tiny)
    across = np.stack([-way[:, 1] / length, way[:, 0] / length, np.zeros(len(way))], axis=1)
    return across[:, None, :]


def _spans(
    hidden: list[NDArray[np.float64]], behind: NDArray[np.bool_], first: int, last: int
) -> list[Interval]:
    """Where a line of pieces ``first`` to ``last`` is hidden, in pieces from its beginning."""
    back = [(float(n), n + 1.0) for n in np.flatnonzero(behind).tolist()]
    sides = []
    for found in hidden:
        low, high = np.searchsorted(found[:, 0], [first, last])
        cuts = [(piece - first + a, piece - first + b) for piece, a, b in found[low:high].tolist()]
        sides.append(united([*back, *cuts], 1e-9) if back or cuts else [])
    return list(_both(*sides))


def _both(one: list[Interval], other: list[Interval]) -> Iterator[Interval]:
    """What lies in intervals of the one and of the other, both ascending."""
    i = j = 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low < high:
            yield low, high
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1


def _pieces(
    points: NDArray[np.float64], smooth: bool, hidden: list[Interval], size: float
) -> Iterator[Curve]:
    """A line as it is seen: its parts in turn visible and hidden."""
    seen = Kind.SMOOTH if smooth else Kind.VISIBLE
    circle = _circle(points, size) if len(points) > 3 else NO_CIRCLE
    whole = float(len(points) - 1)
    if hidden:
        hidden = _settled(points, hidden, SHORT * size)
    at = 0.0
    for low, high in [*hidden, (whole, whole)]:
        for kind, start, stop in ((seen, at, low), (Kind.HIDDEN, low, high)):
            if stop - start < 1e-6 or (kind is Kind.HIDDEN and smooth):
                continue
            piece = _part(points, start, stop)
            if np.abs(piece - piece[0]).max() > SAME * size:
                piece = _flattened(piece, SAME * size)
                yield Curve(kind, piece, circle if len(piece) > 2 else NO_CIRCLE)
        at = high


def _settled(points: NDArray[np.float64], hidden: list[Interval], short: float) -> list[Interval]:
    """Intervals without those that are short on paper, nor short gaps between them."""
    steps = np.hypot(*np.diff(points[:, :2], axis=0).T)
    numbers, along = np.arange(len(points)), np.concatenate([[0.0], np.cumsum(steps)])
    places = np.interp(np.array(hidden), numbers, along)
    joined: list[list[int]] = []
    for number, (low, _) in enumerate(places):
        if joined and low - places[joined[-1][1]][1] < short:
            joined[-1][1] = number
        else:
            joined.append([number, number])
    settled = []
    for first, last in joined:
        low, high = places[first][0], places[last][1]
        if high - low < short and along[-1] > short:
            continue
        begin = 0.0 if low < short else hidden[first][0]
        end = float(numbers[-1]) if along[-1] - high < short else hidden[last][1]
        settled.append((begin, end))
    return settled


def _flattened(points: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """The two ends of what is a straight line, such as a circle that is seen from its side."""
    if len(points) == 2:
        return points
    far = points[np.argmax(np.hypot(*(points - points[0]).T))]
    along = (far - points[0]) / np.hypot(*(far - points[0]))
    away = np.abs((points - points[0]) @ np.array([-along[1], along[0]]))
    if away.max() > tolerance:
        return points
    at = (points - points[0]) @ along
    return points[[int(np.argmin(at)), int(np.argmax(at))]]


def _part(points: NDArray[np.float64], start: float, stop: float) -> NDArray[np.float64]:
    """A polyline's points (N, 2) from one place to another, in pieces from its beginning."""
    if start == 0 and stop == len(points) - 1:
        return points[:, :2]
    inner = np.arange(floor(start + 1e-6) + 1, stop - 1e-6)
    along = np.concatenate([[start], inner, [stop]])
    numbers = np.arange(len(points))
    return np.stack([np.interp(along, numbers, points[:, k]) for k in (0, 1)], axis=1)


def _circle(points: NDArray[np.float64], size: float) -> tuple[float, float, float]:
    """Centre and radius of a circle that faces the eye; radius 0 for everything else."""
    if np.ptp(points[:, 2]) > NEAR * size:
        return NO_CIRCLE
    flat = points[:, :2]
    a, b, c = flat[0], flat[len(flat) // 3], flat[2 * len(flat) // 3]
    (px, py), (qx, qy) = b - a, c - a
    twice = 2 * (px * qy - py * qx)
    if abs(twice) < (SAME * size) ** 2:
        return NO_CIRCLE
    p, q = px * px + py * py, qx * qx + qy * qy
    center = a + np.array([p * qy - q * py, q * px - p * qx]) / twice
    radii = np.hypot(*(flat - center).T)
    if np.ptp(radii) > SAME * size or radii[0] > size:
        return NO_CIRCLE
    return float(center[0]), float(center[1]), float(radii.mean())


def _chains(ends: NDArray[np.int64], places: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Sides that continue one another, as lines of vertices: no farther than where three meet, or
    where a line turns sharply, for dashes should reach a corner."""
    at: dict[int, list[int]] = defaultdict(list)
    for number, pair in enumerate(ends.tolist()):
        for vertex in pair:
            at[vertex].append(number)
    left, chains = set(range(len(ends))), []
    for number, pair in enumerate(ends.tolist()):
        if number not in left:
            continue
        left.remove(number)
        chain = list(pair)
        for _ in range(2):
            while (following := _next(chain, ends, at[chain[-1]], left, places)) is not None:
                chain.append(following)
            chain.reverse()
        chains.append(np.array(chain))
    return chains


def _next(
    chain: list[int],
    ends: NDArray[np.int64],
    meeting: list[int],
    left: set[int],
    places: NDArray[np.float64],
) -> int | None:
    """The vertex that a chain goes on to; takes the side there out of ``left``."""
    open_ = [number for number in meeting if number in left]
    if len(meeting) != 2 or len(open_) != 1:
        return None
    one, other = ends[open_[0]].tolist()
    following = int(other if one == chain[-1] else one)
    before, here, after = places[[chain[-2], chain[-1], following]]
    back, onward = here - before, after - here
    turn = float(back @ onward) / max(float(np.linalg.norm(back) * np.linalg.norm(onward)), 1e-300)
    if turn < 0.8:
        return None
    left.remove(open_[0])
    return following


@compiled
def _hidden(
    pieces: NDArray[np.float64],
    own: NDArray[np.int64],
    triangles: NDArray[np.float64],
    names: NDArray[np.int64],
    near: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Where pieces of lines run behind triangles.

    Args:
        pieces: (N, 2, 3) ends: right, up, and towards the eye.
        own: (N, 2) names of the triangles on either hand, which hide no piece of their own.
        triangles: (F, 3, 3) corners, counterclockwise.
        names: (F,) of the triangles.
        near: (N,) distance below which a piece is not behind anything.

    Returns:
        (M, 3): number of a piece, and where on it, from 0 to 1, it begins and ends to be hidden; by
        number.
    """
    found = np.empty((64, 3))
    count = 0
    if len(triangles) == 0:
        return found[:0]
    cells, low, step = _cells(triangles)
    starts, inside = _sorted_into(triangles, cells, low, step)
    seen = np.full(len(triangles), -1)
    for n in range(len(pieces)):
        reach = near[n]
        x0, y0, z0 = pieces[n, 0, 0], pieces[n, 0, 1], pieces[n, 0, 2]
        dx, dy, dz = pieces[n, 1, 0] - x0, pieces[n, 1, 1] - y0, pieces[n, 1, 2] - z0
        first = _cell((min(x0, x0 + dx) - reach - low[0]) / step[0], cells)
        last = _cell((max(x0, x0 + dx) + reach - low[0]) / step[0], cells)
        for column in range(first, last + 1):
            # The part of the piece that lies in this column of cells.
            a, b = 0.0, 1.0
            if abs(dx) > reach:
                left = (low[0] + step[0] * column - reach - x0) / dx
                right = (low[0] + step[0] * (column + 1) + reach - x0) / dx
                a, b = max(a, min(left, right)), min(b, max(left, right))
            ya, yb = y0 + a * dy, y0 + b * dy
            bottom = _cell((min(ya, yb) - reach - low[1]) / step[1], cells)
            top = _cell((max(ya, yb) + reach - low[1]) / step[1], cells)
            for row in range(bottom, top + 1):
                cell = column * cells + row
                for i in range(starts[cell], starts[cell + 1]):
                    t = inside[i]
                    if seen[t] == n or names[t] == own[n, 0] or names[t] == own[n, 1]:
                        continue
                    seen[t] = n
                    begin, end = _behind(x0, y0, z0, dx, dy, dz, triangles[t], reach)
                    if end - begin > 1e-9:
                        if count == len(found):
                            grown = np.empty((2 * count, 3))
                            grown[:count] = found
                            found = grown
                        found[count, 0] = n
                        found[count, 1] = begin
                        found[count, 2] = end
                        count += 1
    return found[:count]


@compiled
def _behind(
    x: float, y: float, z: float, dx: float, dy: float, dz: float,
    triangle: NDArray[np.float64], near: float,
) -> tuple[float, float]:  # fmt: skip
    """Where on a piece, from 0 to 1, it is behind a triangle; nowhere if the second is not more."""
    begin, end = 0.0, 1.0
    for k in range(3):
        ax, ay = triangle[k, 0], triangle[k, 1]
        ex, ey = triangle[(k + 1) % 3, 0] - ax, triangle[(k + 1) % 3, 1] - ay
        length = np.sqrt(ex * ex + ey * ey)
        if length == 0:
            return 1.0, 0.0
        # How far inside of this side the piece is: at its beginning, and on its way.
        at = (ex * (y - ay) - ey * (x - ax)) / length - near
        way = (ex * dy - ey * dx) / length
        begin, end = _above(at, way, begin, end)
        if end <= begin:
            return 1.0, 0.0
    ux, uy = triangle[1, 0] - triangle[0, 0], triangle[1, 1] - triangle[0, 1]
    vx, vy = triangle[2, 0] - triangle[0, 0], triangle[2, 1] - triangle[0, 1]
    uz, vz = triangle[1, 2] - triangle[0, 2], triangle[2, 2] - triangle[0, 2]
    area = ux * vy - uy * vx
    gx, gy = (uz * vy - uy * vz) / area, (ux * vz - uz * vx) / area
    above = triangle[0, 2] + gx * (x - triangle[0, 0]) + gy * (y - triangle[0, 1]) - z
    margin = 4 * near * (1 + abs(gx) + abs(gy))
    return _above(above - margin, gx * dx + gy * dy - dz, begin, end)


@compiled
def _above(at: float, way: float, begin: float, end: float) -> tuple[float, float]:
    """The part between ``begin`` and ``end`` where ``at + way * t`` is more than zero."""
    if way == 0:
        return (begin, end) if at > 0 else (1.0, 0.0)
    if way > 0:
        return max(begin, -at / way), end
    return begin, min(end, -at / way)


@compiled
def _cell(at: float, cells: int) -> int:
    return min(cells - 1, max(0, floor(at)))


@compiled
def _cells(
    triangles: NDArray[np.float64],
) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """A grid over all triangles: cells in a row, its lower left corner, and the size of a cell."""
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for t in range(len(triangles)):
        for k in range(3):
            for i in range(2):
                low[i] = min(low[i], triangles[t, k, i])
                high[i] = max(high[i], triangles[t, k, i])
    covered = 0.0
    for t in range(len(triangles)):
        box = 1.0
        for i in range(2):
            a, b, c = triangles[t, 0, i], triangles[t, 1, i], triangles[t, 2, i]
            box *= (max(a, b, c) - min(a, b, c)) / max(high[i] - low[i], 1e-300)
        covered += box
    # As many as there are triangles, unless each were in fifty of them then, on average.
    cells = max(1, int(np.sqrt(len(triangles) * min(1.0, 48 / max(covered, 1e-9)))))
    cells = min(256, cells)
    step = np.empty(2)
    for i in range(2):
        step[i] = max((high[i] - low[i]) / cells, 1e-300)
    return cells, low, step


@compiled
def _sorted_into(
    triangles: NDArray[np.float64], cells: int, low: NDArray[np.float64], step: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and triangles: the cell c meets the boxes of ``inside[starts[c]:starts[c + 1]]``."""
    spans = np.empty((len(triangles), 2, 2), np.int64)
    starts = np.zeros(cells * cells + 1, np.int64)
    for t in range(len(triangles)):
        for i in range(2):
            a, b, c = triangles[t, 0, i], triangles[t, 1, i], triangles[t, 2, i]
            spans[t, i, 0] = _cell((min(a, b, c) - low[i]) / step[i], cells)
            spans[t, i, 1] = _cell((max(a, b, c) - low[i]) / step[i], cells)
        for column in range(spans[t, 0, 0], spans[t, 0, 1] + 1):
            for row in range(spans[t, 1, 0], spans[t, 1, 1] + 1):
                starts[column * cells + row + 1] += 1
    starts = np.cumsum(starts)
    inside = np.empty(starts[-1], np.int64)
    free = starts[:-1].copy()
    for t in range(len(triangles)):
        for column in range(spans[t, 0, 0], spans[t, 0, 1] + 1):
            for row in range(spans[t, 1, 0], spans[t, 1, 1] + 1):
                inside[free[column * cells + row]] = t
                free[column * cells + row] += 1
    return starts, inside
