"""Fusion 360's own words, and its parts against the measures that their files state."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from cadvlm import execution
from cadvlm.codegen import write
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.fusion360 import read
from cadvlm.sequences.loops import area
from cadvlm.sequences.model import Arc, Boolean, Circle, Extrude

PLANE = {
    "origin": {"x": 0.0, "y": 0.0, "z": 1.0},
    "x_axis": {"x": 1.0, "y": 0.0, "z": 0.0},
    "y_axis": {"x": 0.0, "y": 1.0, "z": 0.0},
    "z_axis": {"x": 0.0, "y": 0.0, "z": 1.0},
}
CIRCLE = {"type": "Circle3D", "center_point": {"x": 1.0, "y": 0.0}, "radius": 0.5}


def document(*curves: dict[str, Any], **changes: Any) -> str:
    """One sketch of one profile, extruded by 2 cm; ``changes`` are those of the extrude."""
    loop = {"is_outer": True, "profile_curves": list(curves) or [CIRCLE]}
    extrude = {
        "type": "ExtrudeFeature",
        "profiles": [{"sketch": "s", "profile": "p"}],
        "operation": "NewBodyFeatureOperation",
        "start_extent": {"type": "ProfilePlaneStartDefinition"},
        "extent_type": "OneSideFeatureExtentType",
        "extent_one": {"distance": {"value": 2.0}, "taper_angle": {"value": 0.0}},
        **changes,
    }
    sketch = {"type": "Sketch", "transform": PLANE, "profiles": {"p": {"loops": [loop]}}}
    timeline = [{"index": 4, "entity": "e"}, {"index": 1, "entity": "s"}]
    entities = {"e": extrude, "s": sketch}
    return json.dumps({"timeline": timeline, "entities": entities, "sequence": []})


def only(text: str) -> Extrude:
    (operation,) = read(text).operations
    return operation


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        read(text)
    return caught.value.reason, caught.value.detail


def test_centimetres_become_millimetres() -> None:
    op = only(document())
    assert op.plane.origin == (0, 0, 10)
    assert op.profiles[0].outer.curves == (Circle((10.0, 0.0), 5.0),)
    assert (op.boolean, op.start, op.end) == (Boolean.NEW, 0, 20)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"extent_one": {"distance": {"value": -2.0}}}, (0, -20)),
        ({"extent_one": {"distance": {"value": 2.0}, "is_full_length": True}}, (-10, 10)),
        ({"extent_one": {"distance": {"value": 2.0}, "is_full_length": False}}, (-20, 20)),
        ({"extent_two": {"distance": {"value": 0.5}}}, (-5, 20)),
        ({"start_extent": {"type": "OffsetStartDefinition", "offset": {"value": 0.3}}}, (3, 23)),
    ],
)
def test_extents(changes: dict[str, Any], expected: tuple[float, float]) -> None:
    kind = "OneSide"
    if "is_full_length" in changes.get("extent_one", {}):
        kind = "Symmetric"
    if "extent_two" in changes:
        kind = "TwoSides"
    op = only(document(extent_type=f"{kind}FeatureExtentType", **changes))
    assert (op.start, op.end) == expected


@pytest.mark.parametrize("sense", [1, -1])
def test_an_arc_runs_the_way_its_ends_say(sense: int) -> None:
    corner = {"x": 0.0, "y": 1.0 * sense}
    arc = {
        "type": "Arc3D",
        "center_point": {"x": 0.0, "y": 0.0},
        "radius": 1.0,
        "reference_vector": {"x": 1.0, "y": 0.0},
        "start_angle": 0.0,
        "end_angle": math.pi / 2,
        "start_point": {"x": 1.0, "y": 0.0},
        "end_point": corner,
    }
    rest = [
        {"type": "Line3D", "start_point": corner, "end_point": {"x": 0.0, "y": 0.0}},
        {"type": "Line3D", "start_point": {"x": 0.0, "y": 0.0}, "end_point": {"x": 1.0, "y": 0.0}},
    ]
    outer = only(document(arc, *rest)).profiles[0].outer
    assert any(isinstance(curve, Arc) for curve in outer.curves)
    assert area(outer) == pytest.approx(sense * 25 * math.pi)


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("{", "corrupt_json", ""),
        ('{"timeline": [], "entities": {}}', "not_fusion360", "'sequence'"),
        (document({"type": "NurbsCurve3D"}), "unsupported_curve", "NurbsCurve3D"),
        (document({"type": "Ellipse3D"}), "unsupported_curve", "Ellipse3D"),
        (
            document(extent_one={"distance": {"value": 1.0}, "taper_angle": {"value": 0.1}}),
            "taper",
            "extrude is drawn in or out",
        ),
        (
            document(operation="NewComponentFeatureOperation"),
            "unsupported_operation",
            "NewComponentFeatureOperation",
        ),
        (document(operation="CutFeatureOperation"), "no_body", "cut"),
        (document(extent_one={"type": "ToEntity"}), "unsupported_extent", "ends at ToEntity"),
        (document(start_extent={"type": "FromEntity"}), "unsupported_extent", "FromEntity"),
        (document(extent_type="AllFeatureExtentType"), "unsupported_extent", "AllFeature"),
        (document(profiles=[]), "empty_profile", ""),
        (document(profiles=3), "malformed", "TypeError"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(text: str, reason: str, detail: str) -> None:
    found = refusal(text)
    assert found[0] == reason
    assert detail in found[1]


@pytest.mark.parametrize("name", ["SingleSketchExtrude", "Couch", "Hexagon"])
def test_published_files_build_what_they_state(real_data: Path, name: str) -> None:
    text = (real_data / f"fusion360/{name}.json").read_text()
    solid = execution.run(write(read(text))).solid
    stated = json.loads(text)["properties"]
    assert solid
    assert solid.volume == pytest.approx(stated["volume"] * 10**3, rel=1e-6)
    assert solid.area == pytest.approx(stated["area"] * 10**2, rel=1e-6)
    assert solid.n_faces == stated["face_count"]
    low, high = (stated["bounding_box"][end] for end in ("min_point", "max_point"))
    box = [10 * end[axis] for end in (low, high) for axis in "xyz"]
    assert solid.bbox == pytest.approx(box, abs=1e-3)


@pytest.mark.parametrize(
    "name",
    [
        "SingleSketchExtrude_Invalid",
        "assembly_examples_belt_clamp_assembly",
        "joint_examples_joint_set_00119",
    ],
)
def test_files_of_other_kinds_are_not_taken_for_designs(real_data: Path, name: str) -> None:
    assert refusal((real_data / f"fusion360/{name}.json").read_text())[0] == "not_fusion360"
