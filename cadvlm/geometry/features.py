"""Features of a solid, recognised from its boundary: what a person would name, not how it was made.

``hole``     round, and closed all the way round: inward cylinders on one axis with one diameter,
             taken together, as one drill leaves them, even where something cuts across.
             ``diameter``, ``depth`` (of the cylinder, without a tip); *through* or *blind*. A
             counterbored hole is two holes, a wide and a narrow one.
``fillet``   a strip of a cylinder or torus that goes over smoothly into a face on either side and
             turns by less than half a circle. ``radius``; *convex* or *concave*. A sketch with a
             rounded corner and an edge that was rounded leave the same solid and are the same; an
             arc that meets its neighbours at an angle is none, nor the round end of a slot.
``chamfer``  a flat or conical strip, narrow beside its neighbours, that meets one on either side
             at a convex angle; so also a countersink. ``longer`` and ``shorter``: what it takes
             off either neighbour.
``pocket``   what goes into a flat face inside its outline and is no round hole. ``depth`` and
             ``perimeter`` of its rim; *through* or *blind*. Slots are pockets; a notch in the
             outline is none.
``boss``     what stands on a flat face inside its outline. ``height``, and ``perimeter`` of its
             foot.

Everything is in the solid's own frame and units. A feature has the place and direction that it is
looked for at: half way along a hole's axis, else the centre of its faces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import dist, pi, sin, tau
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from cadvlm.geometry.facts import Curve, Facts, Surface
from cadvlm.geometry.patches import SMOOTH, Meeting, Patch, patches
from cadvlm.geometry.solid import Solid

MOST_FACES = 2000
"""Nothing is recognised on larger boundaries. Facts come from the process that ran the program, and
pairs of holes grow with the square. A plate with 500 holes has 506 faces."""

CLOSED = 0.95
"""Share of a full turn from which a hole counts as closed, and of half a turn up to which a strip
is a fillet."""

NARROW = 0.7
"""Width of a chamfer over that of the narrower neighbour, at most. A regular octagon, which may be
a square with its corners cut, has 1."""

ON_AXIS = 1e-3
"""Distance, in sizes of the solid, and angle in radians of what lies on one axis."""


TINY = 1e-300
"""Keeps a quotient finite where faces without area are told of."""


class Kind(StrEnum):
    """What a feature is."""

    HOLE = "hole"
    FILLET = "fillet"
    CHAMFER = "chamfer"
    POCKET = "pocket"
    BOSS = "boss"


@dataclass(frozen=True, slots=True)
class Feature:
    """One of a solid's features."""

    kind: Kind
    form: str
    """``through`` or ``blind``, ``convex`` or ``concave``, or nothing."""
    at: NDArray[np.float64]
    """(3,) its place."""
    axis: NDArray[np.float64]
    """(3,) its direction, unit length; which way it points says nothing."""
    sizes: dict[str, float]
    """Lengths by name."""
    faces: tuple[int, ...]
    """Rows in the solid's array of faces."""


def recognise(solid: Solid) -> list[Feature]:
    """Find the features of a solid; none where only triangles are known."""
    facts = solid.facts
    if facts is None or not 0 < len(facts.faces) <= MOST_FACES:
        return []
    size = dist(solid.bbox[:3], solid.bbox[3:])
    whole = patches(facts, size)
    holes = list(_holes(whole, size))
    return [
        *holes,
        *_fillets(whole, facts),
        *_chamfers(whole, facts),
        *_sunk_and_raised(whole, facts, size),
    ]


# Holes


def _holes(whole: list[Patch], size: float) -> Iterator[Feature]:
    inward = [p for p in whole if p.surface == Surface.CYLINDER and p.sense < 0 and p.along > 0]
    for group in _on_one_axis(inward, size):
        axis = group[0].axis
        at = np.array([(patch.point - group[0].point) @ axis for patch in group])
        along = np.array([patch.along for patch in group])
        covered = sum(patch.around * patch.along for patch in group) / tau
        if covered < CLOSED * _length(at - along / 2, at + along / 2):
            continue
        low, high = (at - along / 2).min(), (at + along / 2).max()
        ends = sum(_ends(patch, whole) for patch in group)
        yield Feature(
            Kind.HOLE,
            "blind" if ends else "through",
            group[0].point + (low + high) / 2 * axis,
            axis,
            {"diameter": 2 * group[0].radius, "depth": float(high - low)},
            tuple(row for patch in group for row in patch.faces),
        )


def _on_one_axis(cylinders: list[Patch], size: float) -> Iterator[list[Patch]]:
    """Cylinders with the same axis and radius, together."""
    if not cylinders:
        return
    axes = np.array([patch.axis for patch in cylinders])
    axes *= np.where(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[:, None]
    points = np.array([patch.point for patch in cylinders]) / size
    feet = points - (points * axes).sum(axis=1, keepdims=True) * axes
    radii = np.array([patch.radius for patch in cylinders])[:, None] / size
    pairs = cKDTree(np.hstack([axes, feet, radii])).query_pairs(ON_AXIS, output_type="ndarray")
    links = sparse.coo_array((np.ones(len(pairs), bool), pairs.T), (len(axes), len(axes)))
    labels = sparse.csgraph.connected_components(links, directed=False)[1]
    for label in range(labels.max() + 1):
        yield [cylinders[i] for i in np.flatnonzero(labels == label)]


def _length(lows: NDArray[np.float64], highs: NDArray[np.float64]) -> float:
    """Of the union of intervals."""
    order = np.argsort(lows)
    lows, ends = lows[order], np.maximum.accumulate(highs[order])
    gaps = np.maximum(lows[1:] - ends[:-1], 0).sum()
    return float(ends[-1] - lows[0] - gaps)


def _ends(patch: Patch, whole: list[Patch]) -> bool:
    """Whether a cylinder runs into a bottom: flat, a tip, or rounded."""
    for meeting in patch.meetings:
        other = whole[meeting.other]
        if other.surface in (Surface.PLANE, Surface.CONE) and meeting.bend < -SMOOTH:
            across = abs(float(other.axis @ patch.axis))
            if across > 0.99:  # and not a rib along the wall
                return True
        rounded = other.surface in (Surface.SPHERE, Surface.TORUS) and other.sense < 0
        if rounded and abs(meeting.bend) <= SMOOTH:
            return True
    return False


# Strips


def _fillets(whole: list[Patch], facts: Facts) -> Iterator[Feature]:
    for patch in whole:
        if patch.surface == Surface.CYLINDER:
            turn, radius, side = patch.around, patch.radius, Curve.LINE
        elif patch.surface == Surface.TORUS:
            turn, radius, side = patch.along, patch.second, Curve.CIRCLE
        else:
            continue
        sides = [m for m in patch.smooth() if facts.joints["curve"][m.joint] == side]
        if turn < CLOSED * pi and len({meeting.other for meeting in sides}) > 1:
            form = "convex" if patch.sense > 0 else "concave"
            yield Feature(
                Kind.FILLET, form, patch.center, patch.axis, {"radius": radius}, patch.faces
            )


def _chamfers(whole: list[Patch], facts: Facts) -> Iterator[Feature]:
    for patch in whole:
        sides = _sides(patch, facts)
        if len(sides) != 2 or min(side.bend for side in sides) <= SMOOTH:
            continue
        first, second = (side.bend for side in sides)
        if first + second > pi - SMOOTH:  # the neighbours do not meet beyond it
            continue
        others = [whole[side.other] for side in sides]
        width = 2 * patch.area / sum(side.length for side in sides)
        if patch.sense > 0 and width > NARROW * min(map(_width, others, sides)):
            continue
        legs = sorted(width * sin(bend) / sin(first + second) for bend in (first, second))
        sizes = {"longer": legs[1], "shorter": legs[0]}
        along = _direction(patch, others[0])
        yield Feature(Kind.CHAMFER, "", patch.center, along, sizes, patch.faces)


class _Side(NamedTuple):
    """All of the edge between two patches."""

    other: int
    curve: Curve
    bend: float
    length: float
    middle: NDArray[np.float64]


def _sides(patch: Patch, facts: Facts) -> list[_Side]:
    """What runs along a strip on either side, where the patch looks like one."""
    if patch.surface == Surface.PLANE:
        sides = sorted(_edges(patch, facts, Curve.LINE), key=lambda side: -side.length)[:2]
        mean = sum(side.length for side in sides) / 2
        apart = dist(sides[0].middle, sides[1].middle) if len(sides) == 2 else mean
        return sides if apart < mean and patch.area <= 1.01 * apart * mean else []
    if patch.surface == Surface.CONE and patch.around > CLOSED * tau:
        return _edges(patch, facts, Curve.CIRCLE)
    return []


def _edges(patch: Patch, facts: Facts, curve: Curve) -> list[_Side]:
    joints = facts.joints
    edges: dict[int, list[Meeting]] = {}
    for meeting in patch.meetings:
        if joints["curve"][meeting.joint] == curve and joints["length"][meeting.joint] > 0:
            edges.setdefault(meeting.other, []).append(meeting)
    return [
        _Side(
            other,
            curve,
            meetings[0].bend,
            float(joints["length"][[meeting.joint for meeting in meetings]].sum()),
            joints["middle"][[meeting.joint for meeting in meetings]].mean(axis=0),
        )
        for other, meetings in edges.items()
    ]


def _width(other: Patch, side: _Side) -> float:
    """How far a neighbour goes on from its side of a strip: a disc, for its diameter."""
    if other.surface == Surface.CYLINDER:
        return other.along
    return (4 if side.curve == Curve.CIRCLE else 1) * other.area / side.length


def _direction(patch: Patch, other: Patch) -> NDArray[np.float64]:
    """Along a flat strip, or the axis of one that goes round."""
    if patch.surface == Surface.CONE:
        return patch.axis
    across: NDArray[np.float64] = np.cross(patch.axis, other.axis)
    length = float(np.linalg.norm(across))
    return across / length if length > 0 else patch.axis


# What goes into a flat face or stands on it


def _sunk_and_raised(whole: list[Patch], facts: Facts, size: float) -> Iterator[Feature]:
    """Cut the boundary along the inner outlines of faces: what then hangs together is a feature."""
    inner = {m.joint for patch in whole for m in patch.meetings if m.loop[1] > 0}
    links = [(i, m.other) for i, p in enumerate(whole) for m in p.meetings if m.joint not in inner]
    pairs = np.array(links, np.int64).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(pairs), bool), pairs.T), (len(whole), len(whole)))
    labels = sparse.csgraph.connected_components(graph, directed=False)[1]
    rims: dict[int, dict[int, list[int]]] = {}
    for i, patch in enumerate(whole):
        for meeting in patch.meetings:
            label = int(labels[meeting.other])
            if meeting.loop[1] > 0 and patch.surface == Surface.PLANE and label != labels[i]:
                rims.setdefault(label, {}).setdefault(i, []).append(meeting.joint)
    for label, owners in rims.items():
        members = [whole[i] for i in np.flatnonzero(labels == label)]
        if not _is_round(members, size):
            yield _sunk_or_raised(members, {whole[i]: r for i, r in owners.items()}, facts)


def _is_round(members: list[Patch], size: float) -> bool:
    """Whether it is one or more round holes with tips, rims and steps: each face turns about the
    axis of a closed inward cylinder."""
    walls = [
        patch
        for patch in members
        if patch.surface == Surface.CYLINDER and patch.sense < 0 and patch.around > CLOSED * tau
    ]
    return all(any(_turns(patch, wall, size) for wall in walls) for patch in members)


def _turns(patch: Patch, wall: Patch, size: float) -> bool:
    """Whether a patch turns about the axis of a cylinder."""
    aside = float(np.linalg.norm(np.cross(patch.point - wall.point, wall.axis)))
    turned = float(np.linalg.norm(np.cross(patch.axis, wall.axis)))
    known = patch.surface != Surface.OTHER
    parallel = turned < ON_AXIS or patch.surface == Surface.SPHERE
    return known and parallel and aside < ON_AXIS * size


def _sunk_or_raised(members: list[Patch], owners: dict[Patch, list[int]], facts: Facts) -> Feature:
    owner, rim = max(owners.items(), key=lambda item: float(facts.joints["length"][item[1]].sum()))
    known = [facts.joints["middle"][m.joint] for patch in members for m in patch.meetings]
    known += [patch.center for patch in members]
    heights = (np.array(known) - owner.point) @ owner.axis
    perimeter = float(facts.joints["length"][rim].sum())
    areas = np.array([patch.area for patch in members])
    middle = np.average([p.center for p in members], axis=0, weights=np.maximum(areas, TINY))
    rows = tuple(row for patch in members for row in patch.faces)
    if heights.max() > -heights.min():
        sizes = {"height": float(heights.max()), "perimeter": perimeter}
        return Feature(Kind.BOSS, "", middle, owner.axis, sizes, rows)
    form = "through" if len(owners) > 1 else "blind"
    sizes = {"depth": float(-heights.min()), "perimeter": perimeter}
    return Feature(Kind.POCKET, form, middle, owner.axis, sizes, rows)
