"""Whether a solid shows what an operation does: its mark, found by geometry and never by words.

An operation's *mark* is what is on the reference and not on the same part without the operation:
features as :mod:`cadvlm.geometry.features` recognises them (the fillet of that radius on that edge)
where there are new ones, else faces (surface, direction, place, radius, extent). A part of which
nothing is left without its operation, such as a loft, is known by all its faces.

``operation_match``  F1 of the candidate against the mark. What the candidate has of the kinds in
                     the mark counts, less what the part had before the operation. A trace stands
                     for one of the mark that has the same kind and form, each of its sizes within
                     5 %, its place within 5 % of the longest side and its direction within 5
                     degrees, in the unit box of ``iou``: moved and scaled as a whole, not turned.

How the candidate was made says nothing: a rim of a block that was sketched round is as good as one
that was rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import dist, sqrt
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cadvlm.geometry.facts import Surface
from cadvlm.geometry.features import MOST_FACES, recognise
from cadvlm.geometry.solid import Solid
from cadvlm.scoring.features import ALIGNED, WITHIN, frame

Frame = tuple[NDArray[np.float64], float]


@dataclass(frozen=True, slots=True)
class Trace:
    """A feature or a face, in a unit box."""

    kind: str
    form: str
    at: tuple[float, ...]
    """(3,) its place."""
    axis: tuple[float, ...]
    """(3,) its direction; zeros where it has none."""
    sizes: dict[str, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """What an operation leaves on a part."""

    made: tuple[Trace, ...]
    given: tuple[Trace, ...]
    """Traces of the same kinds that are there without the operation."""

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        return asdict(self)

    @classmethod
    def from_json(cls, tree: dict[str, Any]) -> Self:
        """What :meth:`to_json` gave."""
        return cls(*(tuple(Trace(**one) for one in tree[name]) for name in ("made", "given")))


def mark(reference: Solid, plain: Solid | None) -> Mark:
    """What tells a part from the same part without an operation.

    ``plain`` stands where it stood before the operation; None when nothing was there. A mark is
    empty where the operation changed nothing that can be recognised.
    """
    place = frame(reference)
    if plain is None:
        return Mark(tuple(_faces(reference, place)), ())
    for traces in (_features, _faces):
        before = traces(plain, place)
        if made := _unpaired(traces(reference, place), before):
            kinds = {trace.kind for trace in made}
            return Mark(tuple(made), tuple(trace for trace in before if trace.kind in kinds))
    return Mark((), ())


def operation_match(candidate: Solid, wanted: Mark) -> float:
    """F1 of a candidate's traces against a mark, in [0, 1]."""
    kinds, place = {trace.kind for trace in wanted.made}, frame(candidate)
    traces = [*_features(candidate, place), *_faces(candidate, place)]
    found = _unpaired([trace for trace in traces if trace.kind in kinds], wanted.given)
    pairs = int((_partners(found, wanted.made) >= 0).sum())
    return 2 * pairs / (len(found) + len(wanted.made))


def _features(solid: Solid, place: Frame) -> list[Trace]:
    center, scale = place
    return [
        Trace(
            feature.kind.value,
            feature.form,
            tuple(((feature.at - center) * scale).tolist()),
            tuple(feature.axis.tolist()),
            {name: size * scale for name, size in feature.sizes.items()},
        )
        for feature in recognise(solid)
    ]


def _faces(solid: Solid, place: Frame) -> list[Trace]:
    center, scale = place
    rows = solid.facts.faces[:MOST_FACES] if solid.facts is not None else ()
    return [
        Trace(
            f"{Surface(row['surface']).name.lower()} face",
            str(row["sense"]),
            tuple(((row["center"] - center) * scale).tolist()),
            tuple(row["axis"].tolist()),
            {"extent": sqrt(row["area"]) * scale, "radius": float(row["radius"]) * scale},
        )
        for row in rows
    ]


def _unpaired(traces: Sequence[Trace], others: Sequence[Trace]) -> list[Trace]:
    """Those that have no counterpart among the others."""
    partners = _partners(traces, others)
    return [trace for trace, partner in zip(traces, partners, strict=True) if partner < 0]


def _partners(traces: Sequence[Trace], others: Sequence[Trace]) -> NDArray[np.int32]:
    """For each its counterpart among the others, or -1: as many pairs as there can be."""
    if not traces or not others:
        return np.full(len(traces), -1, np.int32)
    same = np.array([[_is_same(a, b) for b in others] for a in traces], np.int8)
    partners: NDArray[np.int32] = sparse.csgraph.maximum_bipartite_matching(
        sparse.csr_array(same), perm_type="column"
    )
    return partners


def _is_same(a: Trace, b: Trace) -> bool:
    if (a.kind, a.form) != (b.kind, b.form) or dist(a.at, b.at) > WITHIN:
        return False
    if any(b.axis) and abs(float(np.dot(a.axis, b.axis))) < ALIGNED:
        return False
    return all(abs(a.sizes[name] - size) <= WITHIN * size for name, size in b.sizes.items())
