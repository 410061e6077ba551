"""OpenECAD through the sandbox's door."""

import json
import math
from pathlib import Path

import pytest

from cadvlm import execution
from cadvlm.codegen import verbatim
from cadvlm.codegen.answer import program_text
from cadvlm.errors import InputError
from cadvlm.execution.dialects import to_cadquery
from cadvlm.execution.result import Status
from cadvlm.geometry.compare import iou, unit_box
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.sequences import deepcad

TUBE = """
SketchPlane0 = add_sketchplane(origin=[0, 0, 0], normal=[0, 0, 1], x_axis=[1, 0, 0])
Loops0 = []
Curves0_0 = []
Circle0_0_0 = add_circle(center=[0, 0], radius=5)
Loop0_0 = add_loop(Curves0_0)
Curves0_1 = []
Circle0_1_0 = add_circle(center=[0, 0], radius=3)
Loop0_1 = add_loop(Curves0_1)
Profile0 = add_profile(Loops0)
Sketch0 = add_sketch(sketch_plane=SketchPlane0, profile=Profile0)
Extrude0 = add_extrude(sketch=Sketch0, operation=0, type=1, extent_one=10, extent_two=0)
"""


@pytest.fixture(scope="module")
def programs(real_data: Path) -> dict[str, str]:
    rows = map(json.loads, (real_data / "openecad/programs.jsonl").read_text().splitlines())
    return {row["id"]: row.get("code") or row["text"] for row in rows}


@pytest.fixture(scope="module")
def deepcad_json(real_data: Path) -> Path:
    return real_data / "openecad/deepcad_json"


def built(code: str) -> Solid:
    result = execution.run(CadProgram(code, "openecad"))
    assert result.status is Status.OK, result.error
    assert result.solid
    return result.solid


def test_a_program_builds_its_solid() -> None:
    solid = built(TUBE)
    assert solid.volume == pytest.approx(16 * math.pi * 20, rel=1e-6)
    assert solid.bbox == pytest.approx((-5, -5, -10, 5, 5, 10), abs=1e-6)


@pytest.mark.parametrize(
    ("code", "status", "line"),
    [
        (TUBE[:-1] + "(", Status.SYNTAX, "line 12"),
        (TUBE + "x = open('/etc/passwd')", Status.FORBIDDEN, "line 13: no open here"),
        (TUBE.replace("add_circle", "add_oval"), Status.EXCEPTION, "line 5: no add_oval here"),
        (TUBE.replace("operation=0, ", ""), Status.EXCEPTION, "missing a required argument"),
        (TUBE.replace("center=[0, 0], radius=3", "center=[9, 0], radius=3"), Status.NO_SOLID, "10"),
        (TUBE[: TUBE.index("Extrude0")], Status.NO_SOLID, "nothing is extruded"),
        (TUBE + TUBE.replace("operation=0", "operation=2"), Status.NO_SOLID, ""),
        ("", Status.NO_SOLID, "nothing is extruded"),
    ],
)
def test_failures_have_the_classes_of_any_program(code: str, status: Status, line: str) -> None:
    result = execution.run(CadProgram(code, "openecad"))
    assert result.status is status
    assert result.solid is None
    assert result.error is not None
    assert line in result.error


@pytest.mark.parametrize("number", ["1e-300", "1e-9", "1e9", "-1e9", "3"])
@pytest.mark.parametrize(
    "place", ["radius=3", "center=[0, 0]", "extent_one=10", "origin=[0, 0, 0]"]
)
def test_no_number_stops_the_translation(place: str, number: str) -> None:
    name, _, value = place.partition("=")
    other = f"[{', '.join([number] * (value.count(',') + 1))}]" if "[" in value else number
    code = to_cadquery(CadProgram(TUBE.replace(place, f"{name}={other}"), "openecad")).code
    assert "extrude(" in code


def test_cadquery_passes_as_it_is() -> None:
    program = CadProgram("anything")
    assert to_cadquery(program) is program


def test_an_unknown_language_is_the_callers_mistake() -> None:
    with pytest.raises(InputError, match=r"'openscad'.*cadquery or openecad"):
        to_cadquery(CadProgram("cube(1);", "openscad"))


@pytest.mark.parametrize(
    ("name", "truth", "least"),
    # The first dialect's numbers have four places on a part of size 1.5.
    [("example01", "00280150", 0.9999), ("v1_00000069", "00000069", 0.998)],
)
def test_published_programs_build_the_parts_they_were_made_from(
    programs: dict[str, str],
    deepcad_json: Path,
    name: str,
    truth: str,
    least: float,
) -> None:
    part = deepcad.read((deepcad_json / f"{truth}.json").read_text())
    reference = execution.run(verbatim.write(part)).solid
    assert reference
    solid = built(programs[name])
    assert iou(unit_box(solid), unit_box(reference)) >= least


def test_the_published_program_without_a_source_has_the_volume_of_its_numbers(
    programs: dict[str, str],
) -> None:
    barrel, neck, bore, collar = 41.7551**2, 28.914**2, 21.4466**2, 54.4952**2
    expected = barrel * 107.9331 + neck * 126.1059 - bore * 234.039 + (collar - neck) * 30.4578
    solid = built(programs["example02"])
    assert solid.volume == pytest.approx(math.pi * expected, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "volume"),
    [
        ("output_ex", math.pi * (0.75**2 - 0.6**2) * 0.375),  # a ring, joined to itself
        ("output_example", math.pi * (0.75**2 - 0.3975**2) * 0.15),
    ],
)
def test_published_answers_of_models_are_rings(
    programs: dict[str, str], name: str, volume: float
) -> None:
    code = program_text(programs[name])
    assert code in programs[name]
    assert built(code).volume == pytest.approx(volume, rel=1e-3)
