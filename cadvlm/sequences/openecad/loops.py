"""Loops as OpenECAD's executors close them: curves in their order, turned, and moved over gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import circle_of, reverse
from cadvlm.sequences.model import Arc, Circle, Curve, Line, Loop, Point2


@dataclass
class Drawn:
    """A curve by its name. A loop may turn it round, for those who ask for its line later."""

    curve: Curve


def closed(drawn: Sequence[Drawn]) -> Loop:
    """One loop of the curves in their order, from its left-most corner counter-clockwise."""
    if any(isinstance(each.curve, Circle) for each in drawn):
        if len(drawn) > 1:
            raise Unreadable("open_loop", f"a circle shares its loop with {len(drawn) - 1} curves")
        return Loop((drawn[0].curve,))
    curves: list[Line | Arc] = []
    for each in _in_order(drawn):
        curve = _open(each)
        # A gap is closed by moving what comes after it, however wide it is; only not the last one.
        curves.append(replace(curve, start=curves[-1].end) if curves else curve)
    first, last = curves[0], curves[-1]
    if not _near(last.end, first.start):
        raise Unreadable("open_loop", f"from {last.end} back to {first.start}")
    curves[-1] = replace(last, end=first.start)
    kept = [curve for curve in curves if isinstance(curve, Arc) or curve.start != curve.end]
    if not kept:
        raise Unreadable("empty_loop", "a loop has no curve of any length")
    for curve in kept:
        if isinstance(curve, Arc):
            circle_of(curve)  # a moved end may have left none
    return Loop(tuple(kept))


def _in_order(drawn: Sequence[Drawn]) -> list[Drawn]:
    """The curves where the loop starts first, each turned to go on from the one before it."""
    chain = list(drawn)
    if len(chain) > 1 and _near_either(_open(chain[0]).start, _open(chain[1])):
        _turn(chain[0])
    for each, following in pairwise(chain):
        if _near(_open(each).end, _open(following).end):
            _turn(following)
    at = min(range(len(chain)), key=lambda i: _rounded(_open(chain[i]).start))
    chain = chain[at:] + chain[:at]
    first, last = _open(chain[0]), _open(chain[-1])
    (ax, ay), (bx, by) = _arrives(last), _leaves(first)
    if ax * by - ay * bx < 0:
        chain.reverse()
        for each in chain:
            _turn(each)
    return chain


def _turn(drawn: Drawn) -> None:
    drawn.curve = reverse(drawn.curve)


def _open(drawn: Drawn) -> Line | Arc:
    assert not isinstance(drawn.curve, Circle)
    return drawn.curve


def _leaves(curve: Line | Arc) -> Point2:
    """Where a curve sets out for; an arc, for its middle."""
    return _step(curve.start, curve.mid if isinstance(curve, Arc) else curve.end)


def _arrives(curve: Line | Arc) -> Point2:
    """From where it comes in the end."""
    return _step(curve.mid if isinstance(curve, Arc) else curve.start, curve.end)


def _step(start: Point2, end: Point2) -> Point2:
    return end[0] - start[0], end[1] - start[1]


def _near_either(point: Point2, curve: Line | Arc) -> bool:
    return _near(point, curve.start) or _near(point, curve.end)


def _near(a: Point2, b: Point2) -> bool:
    """Numpy's ``allclose``, which the executor asks."""
    return all(abs(p - q) <= 1e-8 + 1e-5 * abs(q) for p, q in zip(a, b, strict=True))


def _rounded(point: Point2) -> Point2:
    return round(point[0], 6), round(point[1], 6)
