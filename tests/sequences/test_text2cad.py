"""Text2CAD's minimal JSON: what its words mean."""

import json
import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cadvlm import execution
from cadvlm.codegen import write
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import area
from cadvlm.sequences.model import Arc, Boolean
from cadvlm.sequences.text2cad import read
from cadvlm.sequences.vectors import cross


def lines(*corners):
    ends = zip(corners, corners[1:] + corners[:1], strict=True)
    return {f"line_{i}": {"Start Point": a, "End Point": b} for i, (a, b) in enumerate(ends)}


SQUARE = lines([0.0, 0.0], [0.75, 0.0], [0.75, 0.5], [0.0, 0.5])
HOLE = {"circle_1": {"Center": [0.375, 0.25], "Radius": 0.1}}


def part(
    *faces, angles=(0, 0, 0), origin=(0, 0.5, 0), toward=0.5, against=0.0, operation="NewBody"
):
    return {
        "coordinate_system": {"Euler Angles": list(angles), "Translation Vector": list(origin)},
        "sketch": {f"face_{i}": face for i, face in enumerate(faces)},
        "extrusion": {
            "extrude_depth_towards_normal": toward,
            "extrude_depth_opposite_normal": against,
            "sketch_scale": 0.75,
            "operation": f"{operation}FeatureOperation",
        },
    }


def document(*parts) -> str:
    return json.dumps({"final_name": "", "parts": {f"part_{i}": p for i, p in enumerate(parts)}})


def test_a_sketch_is_in_the_units_of_the_part_and_extrudes_both_ways():
    [op] = read(document(part({"loop_1": HOLE, "loop_2": SQUARE}, against=0.25))).operations
    [profile] = op.profiles
    assert area(profile.outer) == pytest.approx(0.375)
    assert area(profile.inner[0]) == pytest.approx(math.pi * 0.01)
    assert (op.start, op.end, op.boolean) == (-0.25, 0.5, Boolean.NEW)
    assert op.plane.origin == (0, 0.5, 0)


@pytest.mark.parametrize("angles", [(0, 0, -90), (-90, 0, -90), (90, 0, -90), (20, -35, 110)])
def test_angles_turn_the_axes_as_their_authors_do(angles):
    plane = read(document(part({"loop_1": SQUARE}, angles=angles))).operations[0].plane
    rows = Rotation.from_euler("zyx", angles, degrees=True).as_matrix()
    ours = [plane.x_axis, cross(plane.normal, plane.x_axis), plane.normal]
    np.testing.assert_allclose(ours, rows, atol=1e-9)


def test_faces_and_parts_follow_each_other_and_empty_ones_are_passed_over():
    bow = {
        "arc_1": {"Start Point": [0, 0], "Mid Point": [0.1, 0.1], "End Point": [0.2, 0]},
        "line_1": {"Start Point": [0.2, 0], "End Point": [0, 0]},
    }
    cut = part({"loop_1": bow}, {"loop_1": HOLE}, operation="Cut")
    first, second = read(document(part({"loop_1": SQUARE}), None, cut)).operations
    assert (first.boolean, second.boolean) == (Boolean.NEW, Boolean.CUT)
    assert len(second.profiles) == 2
    assert any(isinstance(curve, Arc) for curve in second.profiles[0].outer.curves)


def test_a_published_text_describes_the_part_that_is_read():
    """Text2CAD 0032/00321578, its designs retyped from the expert's text."""
    u = [[0, 0], [0.75, 0], [0.75, 0.5], [0.625, 0.5], [0.625, 0.125], [0.125, 0.125], [0.125, 0.5]]
    base = part({"loop_1": lines(*u, [0, 0.5])}, angles=(0, 0, -90))
    wedge = part(
        {"loop_1": lines([0, 0], [0.5, 0], [0.5, 0.375], [0, 0.125])},
        angles=(-90, 0, -90), origin=(0.75, 0, 0), toward=0, against=0.6375, operation="Join",
    )  # fmt: skip
    solid = execution.run(write(read(document(base, wedge)))).solid
    assert solid.bbox == pytest.approx((0, 0, 0, 0.75, 0.5, 0.5))
    assert (solid.n_solids, solid.volume) == (1, pytest.approx(0.125))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "corrupt_json"),
        ('{"uid": "0032/00321578", "prompts": {}}', "not_text2cad"),
        (document(None), "no_extrude"),
        (document(part({"loop_1": SQUARE}, operation="Cut")), "no_body"),
        (document(part({"loop_1": SQUARE}, toward=0.0)), "zero_length"),
        (document(part()), "empty_profile"),
        (document({"sketch": {}}), "malformed"),
        (document(part({"loop_1": {"spline_1": {}}})), "unsupported_curve"),
        (document(part({"loop_1": {"circle_1": {"Center": [0, 0], "Radius": 0}}})),
         "degenerate_circle"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(text, reason):
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert caught.value.reason == reason
