"""OpenSCAD as written; and, where there is an ``openscad``, what it makes of it."""

import math
import shutil
import subprocess
from pathlib import Path

import pytest

from cadvlm import execution
from cadvlm.codegen import write
from cadvlm.geometry import meshfile
from cadvlm.records import CadProgram
from cadvlm.sequences import deepcad
from cadvlm.sequences.model import Boolean, ConstructionSequence, Extrude, Plane, Profile
from tests.codegen.sketches import XY, box, circle, extrude, raised, slot

XZ = Plane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
SLANTED = Plane((1.0, 2.0, 3.0), (1.0, 0.0, 0.0), (0.0, -math.sqrt(0.5), math.sqrt(0.5)))


def written(*operations: Extrude) -> CadProgram:
    return write(ConstructionSequence(operations), "idiomatic", "openscad")


def body(*operations: Extrude) -> str:
    """What comes after the head."""
    head, part = written(*operations).code.split("\n\n", 1)
    assert head == "$fn = 64;"
    return part


def test_a_drilled_plate_reads_like_one() -> None:
    holes = tuple(circle(x, 0, 3) for x in (-30, 30))
    assert body(extrude(Profile(box(-40, -20, 40, 20), holes), end=5)) == (
        "linear_extrude(height = 5) difference() {\n"
        "    square([80, 40], center = true);\n"
        "    for (p = [[-30, 0], [30, 0]]) translate(p) circle(3);\n"
        "}\n"
    )


def test_operations_are_nested_in_their_order() -> None:
    plate = extrude(Profile(box(0, 0, 20, 20)))
    boss = extrude(Profile(circle(0, 0, 5)), plane=raised(10), boolean=Boolean.JOIN)
    hole = extrude(Profile(circle(0, 0, 2)), boolean=Boolean.CUT, end=20)
    program = written(plate, boss, hole)
    assert program.operations == ("extrude", "extrude", "union", "extrude", "cut")
    assert body(plate, boss, hole) == (
        "difference() {\n"
        "    union() {\n"
        "        linear_extrude(height = 10) translate([10, 10]) square([20, 20], center = true);\n"
        "        translate([0, 0, 10]) linear_extrude(height = 10) circle(5);\n"
        "    }\n"
        "    linear_extrude(height = 20) circle(2);\n"
        "}\n"
    )


def test_planes_are_turned_by_name_or_by_their_axes() -> None:
    (named,) = body(extrude(Profile(circle(0, 0, 5)), plane=XZ, end=4)).splitlines()
    assert named == "rotate([90, 0, 0]) linear_extrude(height = 4) circle(5);"
    (slanted,) = body(extrude(Profile(circle(0, 0, 5)), plane=SLANTED)).splitlines()
    assert slanted.startswith(
        "multmatrix([[1, 0, 0, 1], [0, 0.707106781, -0.707106781, 2], "
        "[0, 0.707106781, 0.707106781, 3]]) linear_extrude"
    )


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (0, 5, "linear_extrude(height = 5)"),
        (0, -5, "translate([0, 0, -5]) linear_extrude(height = 5)"),
        (-5, 5, "linear_extrude(height = 10, center = true)"),
        (2, 5, "translate([0, 0, 2]) linear_extrude(height = 3)"),
    ],
)
def test_heights_are_never_negative(start: float, end: float, text: str) -> None:
    (line,) = body(extrude(Profile(circle(0, 0, 5)), start=start, end=end)).splitlines()
    assert line == f"{text} circle(5);"


def test_arcs_keep_their_points_and_bring_their_function() -> None:
    code = written(extrude(Profile(slot(30, 8)))).code
    assert "function arc(a, m, b)" in code
    assert (
        "polygon(concat([[-11, -4]], arc([11, -4], [15, 0], [11, 4]), "
        "[[11, 4]], arc([-11, 4], [-15, 0], [-11, -4])));" in code
    )


def test_profiles_of_one_extrude_are_one_tool() -> None:
    """An intersection with one after the other would be empty."""
    ends = Profile(box(0, 0, 10, 10)), Profile(box(30, 0, 40, 10))
    plate, keep = extrude(Profile(box(0, 0, 40, 10))), extrude(*ends, boolean=Boolean.INTERSECT)
    assert body(plate, keep).count("linear_extrude") == 2


def test_real_parts_are_balanced_statements(real_data: Path) -> None:
    for file in sorted((real_data / "deepcad" / "cad_json").rglob("*.json"))[4::100]:
        sequence = deepcad.read(file.read_text())
        code = write(sequence, "idiomatic", "openscad").code.rpartition("\n\n")[2]
        for opening, closing in ("()", "[]", "{}"):
            assert code.count(opening) == code.count(closing)
        assert all(line.endswith((";", "{", "}")) for line in code.splitlines())


HOLES = circle(9, 0, 7), slot(30, 8, -15, 8)
PARTS = {
    "plate": (extrude(Profile(box(-40, -20, 40, 20), HOLES), end=5),),
    "slanted": (extrude(Profile(slot(30, 8)), plane=SLANTED, start=-3, end=9),),
    "boss": (
        extrude(Profile(box(0, 0, 20, 20))),
        extrude(Profile(circle(0, 0, 5)), plane=XZ, boolean=Boolean.JOIN, start=-4, end=4),
        extrude(Profile(circle(9, 9, 2)), boolean=Boolean.CUT, end=20),
        extrude(Profile(circle(9, 5, 12)), plane=XY, boolean=Boolean.INTERSECT, end=8),
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_openscad_builds_the_same_part(name: str, tmp_path: Path) -> None:
    sequence = ConstructionSequence(PARTS[name])
    assert_same(sequence, tmp_path)


def assert_same(sequence: ConstructionSequence, folder: Path) -> None:
    """As large as CadQuery's and in its place, but for the corners of its circles."""
    program = shutil.which("openscad")
    if program is None:
        pytest.skip("no openscad here")
    (folder / "part.scad").write_text(write(sequence, "idiomatic", "openscad").code)
    command = [program, "-o", "part.stl", "part.scad"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    solid = meshfile.read((folder / "part.stl").read_bytes(), "stl")
    reference = execution.run(write(sequence, "verbatim")).solid
    assert reference is not None
    size = math.dist(reference.bbox[:3], reference.bbox[3:])
    assert solid.volume == pytest.approx(reference.volume, rel=5e-3)
    assert solid.bbox == pytest.approx(reference.bbox, abs=2e-3 * size)
    assert solid.center == pytest.approx(reference.center, abs=2e-3 * size)
