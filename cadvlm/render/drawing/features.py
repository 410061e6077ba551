"""What there is to dimension in a part: round faces and steps, from the facts of its boundary.

Only what lies along the three axes: in the views of a drawing everything else is foreshortened, and
a dimension belongs where a feature shows its true shape (ISO 129-1, 5.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import pi, tau

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.facts import Curve, Facts, Surface

ALIGNED = 1e-6
"""How far an axis may turn from X, Y or Z, as the sine of the angle."""

FULL = tau - 1e-3
"""Angle from which a round face counts as closed."""

SHORT = 0.3
"""Length of a cone, in radii, below which it is a chamfer and gets no diameters."""

CENTRED = pi - 1e-3
"""Angle from which the centre of an arc is marked and located, as at the end of a slot."""


@dataclass(frozen=True, slots=True)
class Round:
    """Cylindrical faces on one axis, of one radius and on one side of the material."""

    direction: int
    """0, 1, 2: the axis runs along X, Y, Z."""
    center: tuple[float, float, float]
    """A point on the axis, half way along."""
    radius: float
    hole: bool
    """Material is outside."""
    around: float
    """Angle that the faces cover; one turn or more when they close."""
    middle: tuple[float, float, float]
    """Centre of mass of its first face: where an arc is, seen from its axis."""
    low: float
    """Where it begins on its axis."""
    high: float
    depth: float | None
    """Of a blind hole; None where the hole goes through, or it is none."""

    @property
    def full(self) -> bool:
        return self.around >= FULL

    @property
    def centred(self) -> bool:
        """Its centre matters: it is closed, or the end of a slot."""
        return self.full or (self.hole and self.around >= CENTRED)


@dataclass(frozen=True, slots=True)
class Features:
    """What can be dimensioned."""

    rounds: list[Round]
    steps: tuple[list[float], list[float], list[float]]
    """Positions of flat faces across X, Y and Z, ascending, without the outermost ones."""
    spheres: list[tuple[tuple[float, float, float], float]]
    """Centre and radius of whole spheres."""


def find(facts: Facts, bbox: tuple[float, ...]) -> Features:
    """Find what can be dimensioned.

    Args:
        facts: of the boundary.
        bbox: ``(xmin, ymin, zmin, xmax, ymax, zmax)``.
    """
    low, high = np.array(bbox[:3]), np.array(bbox[3:])
    same = 1e-5 * float(np.linalg.norm(high - low))
    faces = facts.faces
    balls = faces[(faces["surface"] == Surface.SPHERE) & (faces["around"] >= FULL)]
    balls = balls[balls["along"] >= pi - 1e-3]
    return Features(
        rounds=_rounds(facts, same),
        steps=_steps(faces, low, high, same),
        spheres=[(tuple(ball["point"].tolist()), float(ball["radius"])) for ball in balls],
    )


def _steps(
    faces: NDArray[np.void], low: NDArray[np.float64], high: NDArray[np.float64], same: float
) -> tuple[list[float], list[float], list[float]]:
    flat = faces[faces["surface"] == Surface.PLANE]
    found: list[list[float]] = []
    for k in range(3):
        across = flat[np.abs(flat["axis"][:, k]) > 1 - ALIGNED]
        positions: list[float] = []
        for at in np.sort(across["point"][:, k]).tolist():
            last = positions[-1] if positions else low[k]
            if at - last > same and high[k] - at > same:
                positions.append(at)
        found.append(positions)
    return found[0], found[1], found[2]


def _rounds(facts: Facts, same: float) -> list[Round]:
    faces = facts.faces
    blind = _blind(facts)
    groups: dict[tuple[int, ...], list[int]] = {}
    for row in np.flatnonzero(faces["surface"] == Surface.CYLINDER):
        face = faces[row]
        k = int(np.argmax(np.abs(face["axis"])))
        if 1 - abs(face["axis"][k]) > ALIGNED:
            continue
        across = np.delete(face["point"], k)
        place = np.rint(np.array([*across, face["radius"]]) / (10 * same)).astype(int)
        groups.setdefault((k, int(face["sense"]), *place.tolist()), []).append(int(row))
    found = [_round(key[0], faces[rows], blind[rows]) for key, rows in groups.items()]
    for end in _ends(faces):
        if not any(_alike(end, other, 10 * same) for other in found):
            found.append(end)
    return sorted(found, key=lambda it: (it.direction, -it.radius, it.center))


def _round(k: int, faces: NDArray[np.void], blind: NDArray[np.bool_]) -> Round:
    at, half = faces["point"][:, k], faces["along"] / 2
    low, high = float((at - half).min()), float((at + half).max())
    center = faces["point"][0].copy()
    center[k] = (low + high) / 2
    hole = bool(faces["sense"][0] < 0)
    # Two halves of one cylinder cover a turn; so do two quarters and a slit, which is near enough.
    around = float(faces["around"].sum()) if len(faces) > 1 else float(faces["around"][0])
    spans = np.unique(np.round(np.stack([at - half, at + half], axis=1), 9), axis=0)
    return Round(
        direction=k,
        center=tuple(center.tolist()),
        radius=float(faces["radius"].mean()),
        hole=hole,
        around=around / len(spans) if len(spans) > 1 else around,
        middle=tuple(faces["center"][0].tolist()),
        low=low,
        high=high,
        depth=high - low if hole and blind.any() and len(spans) == 1 else None,
    )


def _ends(faces: NDArray[np.void]) -> Iterator[Round]:
    """The two circles that a whole cone ends in. Chamfers and tips are too short to tell."""
    cones = faces[(faces["surface"] == Surface.CONE) & (faces["around"] >= FULL)]
    for cone in cones:
        k = int(np.argmax(np.abs(cone["axis"])))
        half = float(cone["along"]) / 2
        if 1 - abs(cone["axis"][k]) > ALIGNED or 2 * half < SHORT * cone["radius"]:
            continue
        for side in (-1, 1):
            radius = float(cone["radius"] + side * half * np.tan(cone["second"]))
            center = cone["point"] + side * half * cone["axis"]
            at, middle = tuple(center.tolist()), tuple(cone["center"].tolist())
            if radius > SHORT * cone["radius"]:
                hole = bool(cone["sense"] < 0)
                yield Round(k, at, radius, hole, tau, middle, at[k], at[k], None)


def _alike(one: Round, other: Round, same: float) -> bool:
    """The same circle, seen along its axis."""
    across = [
        abs(a - b)
        for k, (a, b) in enumerate(zip(one.center, other.center, strict=True))
        if k != one.direction
    ]
    return one.direction == other.direction and max(*across, abs(one.radius - other.radius)) < same


def _blind(facts: Facts) -> NDArray[np.bool_]:
    """(F,) which cylinders end at a bottom: a flat face or a drill's tip closes them."""
    faces, joints = facts.faces, facts.joints
    blind = np.zeros(len(faces), dtype=bool)
    bent_in = joints[(joints["curve"] == Curve.CIRCLE) & (joints["bend"] < 0)]
    for this, other in ((0, 1), (1, 0)):
        cylinder, end = bent_in["faces"][:, this], bent_in["faces"][:, other]
        across = (faces["surface"][end] == Surface.PLANE) | (faces["surface"][end] == Surface.CONE)
        blind[cylinder[across & (faces["surface"][cylinder] == Surface.CYLINDER)]] = True
    return blind
