"""DeepCAD's vectors: what each number means."""

import io
import math

import h5py
import numpy as np
import pytest

from cadvlm import execution
from cadvlm.codegen import write
from cadvlm.sequences.cadvec import read, sequence
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import area
from cadvlm.sequences.model import Arc, Boolean, Circle

LOOP, END = [4] + [-1] * 16, [3] + [-1] * 16
SQUARE = [[0, x, y] + [-1] * 14 for x, y in ((223, 128), (223, 223), (128, 223), (128, 128))]
"""From (128, 128), whose size is 95 steps."""
FLAT = (128, 128, 128)
"""The angles of a plane that lies as the axes do."""


def circle(x: int, y: int, r: int) -> list[int]:
    return [2, x, y, -1, -1, r] + [-1] * 11


def extrude(*, angles=FLAT, origin=(128, 128, 128), size=64, one=192, two=128, boolean=0, kind=0):
    return [5, *[-1] * 5, *angles, *origin, size, one, two, boolean, kind]


def only(*rows):
    [op] = sequence(np.array([*rows, END, END])).operations
    return op


def test_a_square_has_the_size_and_the_height_that_are_said():
    op = only(LOOP, *SQUARE, extrude())
    assert area(op.profiles[0].outer) == pytest.approx(0.25)
    assert (op.start, op.end, op.boolean) == (0, 0.5, Boolean.NEW)
    assert op.plane.origin == (0, 0, 0)
    assert op.plane.x_axis == pytest.approx((1, 0, 0))
    assert op.plane.normal == pytest.approx((0, 0, 1))


def test_the_largest_loop_bounds_and_the_others_are_holes():
    op = only(LOOP, circle(170, 170, 10), LOOP, *SQUARE, extrude())
    [hole] = op.profiles[0].inner
    assert hole.curves == (Circle(pytest.approx((42 * 0.5 / 95,) * 2), 10 * 0.5 / 95),)
    assert area(op.profiles[0].outer) == pytest.approx(0.25)


@pytest.mark.parametrize(("kind", "expected"), [(0, (0, 0.5)), (1, (-0.5, 0.5)), (2, (-0.25, 0.5))])
def test_extents(kind, expected):
    op = only(LOOP, *SQUARE, extrude(two=160, kind=kind))
    assert (op.start, op.end) == expected


@pytest.mark.parametrize(
    ("angles", "normal", "x_axis"),
    [
        ((192, 128, 128), (1, 0, 0), (0, 0, -1)),
        ((192, 192, 128), (0, 1, 0), (0, 0, -1)),
        ((128, 128, 192), (0, 0, 1), (0, 1, 0)),
        ((192, 64, 64), (0, -1, 0), (-1, 0, 0)),
    ],
)
def test_angles_turn_the_plane(angles, normal, x_axis):
    plane = only(LOOP, *SQUARE, extrude(angles=angles, origin=(160, 64, 128))).plane
    assert plane.normal == pytest.approx(normal, abs=1e-9)
    assert plane.x_axis == pytest.approx(x_axis, abs=1e-9)
    assert plane.origin == (0.25, -0.5, 0)


@pytest.mark.parametrize(("sweep", "way"), [(64, 1), (128, 1), (192, 1), (64, 0), (192, 0)])
def test_an_arc_has_the_sweep_and_the_way_that_are_said(sweep, way):
    loop = [[1, 223, 128, sweep, way] + [-1] * 12, [0, 128, 128] + [-1] * 14]
    [arc] = [c for c in only(LOOP, *loop, extrude()).profiles[0].outer.curves if isinstance(c, Arc)]
    turn = 2 * math.pi * sweep / 256
    height = 0.5 / 2 * math.tan(turn / 4)
    assert arc.mid == pytest.approx((0.25, -height if way else height))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([LOOP, *SQUARE], "no_extrude"),
        ([LOOP, *SQUARE, extrude(one=128)], "zero_length"),
        ([LOOP, *SQUARE, extrude(size=0)], "zero_length"),
        ([LOOP, *SQUARE, extrude(boolean=2)], "no_body"),
        ([LOOP, *SQUARE, extrude(boolean=7)], "malformed"),
        ([LOOP, circle(128, 128, 0), extrude()], "degenerate_circle"),
        ([LOOP, LOOP, extrude()], "empty_profile"),
        ([SQUARE[0], extrude()], "malformed"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(rows, reason):
    with pytest.raises(Unreadable) as caught:
        sequence(np.array([*rows, END]))
    assert caught.value.reason == reason


def stored(vec: object, name: str = "vec") -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as tree:
        tree.create_dataset(name, data=vec)
    return file.getvalue()


def test_a_file_builds_the_part_in_it():
    plate = [LOOP, *SQUARE, LOOP, circle(175, 175, 19), extrude(), END]
    boss = [LOOP, circle(175, 175, 19), extrude(one=255, boolean=1), END]
    part = read(stored(np.array([*plate[:-1], *boss])))
    solid = execution.run(write(part)).solid
    hole = math.pi * 0.1**2
    assert solid.volume == pytest.approx(0.25 * 0.5 - 0.5 * hole + 127 / 128 * hole, rel=1e-6)


@pytest.mark.parametrize(
    "content", [b"", b"text", stored([[1, 2, 3]]), stored([1], "other")], ids=len
)
def test_other_files_are_refused_by_name(content):
    with pytest.raises(Unreadable) as caught:
        read(content)
    assert caught.value.reason == "not_deepcad"
