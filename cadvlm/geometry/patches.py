"""A boundary in whole surfaces: faces that the kernel or a program cut in two are one again.

A closed cylinder may be two half faces, a plate that was made of two boxes has its top in pieces. A
*patch* is all of a surface that hangs together smoothly, with its neighbours and how it meets them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cadvlm.geometry.facts import Facts, Surface

SMOOTH = 0.02
"""Bend in radians below which a joint is smooth: arcs drawn on a grid of 256 steps miss by less."""

SAME = 1e-4
"""Difference, in sizes of the solid and in radians, of what is the same."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where a patch meets another along one edge."""

    other: int
    """Row of the other patch."""
    joint: int
    """Row in the array of joints."""
    bend: float
    """Convex above 0, concave below."""
    loop: tuple[int, int]
    """Face and outline of this patch that the edge is part of; outline 0 is the outer one."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A whole surface. Its fields are those of :data:`cadvlm.geometry.facts.FACE`."""

    surface: Surface
    solid: int
    sense: int
    area: float
    center: NDArray[np.float64]
    point: NDArray[np.float64]
    axis: NDArray[np.float64]
    radius: float
    second: float
    around: float
    along: float
    faces: tuple[int, ...]
    """Rows in the array of faces."""
    meetings: tuple[Meeting, ...]

    def smooth(self) -> list[Meeting]:
        """Where the boundary goes on without an edge to be seen."""
        return [meeting for meeting in self.meetings if abs(meeting.bend) <= SMOOTH]


def patches(facts: Facts, size: float) -> list[Patch]:
    """Put the faces together again.

    Args:
        facts: Of a solid.
        size: The diagonal of its bounding box.
    """
    faces, joints = facts
    labels = _labels(facts, size)
    members: list[list[int]] = [[] for _ in range(labels.max() + 1)]
    for row, label in enumerate(labels.tolist()):
        members[label].append(row)
    meetings: list[list[Meeting]] = [[] for _ in members]
    sides = zip(joints["faces"].tolist(), joints["loops"].tolist(), joints["bend"], strict=True)
    for joint, ((a, b), (loop_a, loop_b), bend) in enumerate(sides):
        if labels[a] != labels[b]:
            one, two = int(labels[a]), int(labels[b])
            meetings[one].append(Meeting(two, joint, float(bend), (a, loop_a)))
            meetings[two].append(Meeting(one, joint, float(bend), (b, loop_b)))
    return [_patch(faces, rows, met) for rows, met in zip(members, meetings, strict=True)]


def _labels(facts: Facts, size: float) -> NDArray[np.int32]:
    """Which patch each face belongs to."""
    faces, joints = facts
    a, b = faces[joints["faces"][:, 0]], faces[joints["faces"][:, 1]]
    apart = b["point"] - a["point"]
    aside = np.linalg.norm(np.cross(a["axis"], apart), axis=1)
    offset = np.select(
        [a["surface"] == Surface.PLANE, a["surface"] <= Surface.CONE],
        [np.abs((a["axis"] * apart).sum(axis=1)), aside],
        np.linalg.norm(apart, axis=1),
    )
    turned = np.linalg.norm(np.cross(a["axis"], b["axis"]), axis=1)
    same = (
        (np.abs(joints["bend"]) < SMOOTH)
        & (a["surface"] == b["surface"])
        & (a["surface"] != Surface.OTHER)
        & (a["sense"] == b["sense"])
        & ((turned < SAME) | (a["surface"] == Surface.SPHERE))
        & (offset < SAME * size)
        & ((a["surface"] == Surface.CONE) | (np.abs(a["radius"] - b["radius"]) < SAME * size))
        & (np.abs(a["second"] - b["second"]) < SAME * np.where(a["second"] > 1, size, 1))
    )
    links = sparse.coo_array(
        (np.ones(int(same.sum()), bool), joints["faces"][same].T), (len(faces), len(faces))
    )
    labels: NDArray[np.int32] = sparse.csgraph.connected_components(links, directed=False)[1]
    return labels


def _patch(faces: NDArray[np.void], rows: list[int], meetings: list[Meeting]) -> Patch:
    own = faces[rows]
    first, area = own[0], float(own["area"].sum())
    center = (own["area"][:, None] * own["center"]).sum(axis=0) / max(area, np.finfo(float).tiny)
    point, radius = first["point"], float(first["radius"])
    around, along = float(first["around"]), float(first["along"])
    if len(rows) > 1 and first["surface"] in (Surface.CYLINDER, Surface.CONE):
        at = (own["point"] - point) @ first["axis"]
        low, high = (at - own["along"] / 2).min(), (at + own["along"] / 2).max()
        point = point + (low + high) / 2 * first["axis"]
        radius += float((low + high) / 2 * np.tan(first["second"]))
        along = float(high - low)
        around = float((own["around"] * own["along"]).sum()) / max(along, np.finfo(float).tiny)
    elif len(rows) > 1 and first["surface"] in (Surface.SPHERE, Surface.TORUS):
        along = float(own["along"].max())
        around = float((own["around"] * own["along"]).sum()) / max(along, np.finfo(float).tiny)
    return Patch(
        surface=Surface(int(first["surface"])),
        solid=int(first["solid"]),
        sense=int(first["sense"]),
        area=area,
        center=center,
        point=center if first["surface"] == Surface.PLANE else point,
        axis=first["axis"],
        radius=radius,
        second=float(first["second"]),
        around=around,
        along=along,
        faces=tuple(rows),
        meetings=tuple(meetings),
    )
