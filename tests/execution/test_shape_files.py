"""Shape files, opened where programs run and measured as they are."""

import io
from pathlib import Path

import pytest
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox
from OCP.BRepTools import BRepTools
from OCP.STEPControl import STEPControl_StepModelType, STEPControl_Writer
from OCP.TopoDS import TopoDS_Shape

from cadvlm.errors import InputError
from cadvlm.execution.result import Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.topology import compound
from tests.parts import BOX, DRILLED_PLATE, TWO_BOXES, KnownPart


@pytest.mark.parametrize("kind", ["step", "brep"])
@pytest.mark.parametrize("part", [DRILLED_PLATE, TWO_BOXES], ids=["one solid", "two solids"])
def test_file_measures_as_the_program_that_made_it(sandbox: Sandbox, part: KnownPart, kind: str):
    result = sandbox.read(_file(sandbox, part, kind), kind)
    assert (result.status, result.error, result.result_name) == (Status.OK, None, kind)
    assert result.solid is not None
    assert result.solid.volume == pytest.approx(part.volume)
    assert result.solid.bbox == pytest.approx(part.bbox)
    assert result.solid.n_faces == part.n_faces


def test_file_is_exported_in_another_kind(sandbox: Sandbox):
    solid = sandbox.read(_file(sandbox, BOX, "step"), "step", exports=("brep",)).solid
    assert solid is not None
    again = sandbox.read(solid.files["brep"], "brep").solid
    assert again is not None
    assert again.volume == pytest.approx(BOX.volume)


NO_SHAPES = {
    "nothing": b"",
    "text": b"result = cq.Workplane().box(1, 1, 1)",
    "a header": b"ISO-10303-21;",
    "bytes": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("kind", ["step", "brep"])
@pytest.mark.parametrize("name", NO_SHAPES)
def test_what_is_no_shape_file_has_no_solid(sandbox: Sandbox, name: str, kind: str):
    result = sandbox.read(NO_SHAPES[name], kind)
    assert (result.status, result.solid) == (Status.SYNTAX, None)
    assert result.error is not None
    assert kind.upper() in result.error


@pytest.mark.parametrize("kind", ["step", "brep"])
def test_file_cut_anywhere_fails_as_programs_do(sandbox: Sandbox, kind: str):
    whole = _file(sandbox, DRILLED_PLATE, kind)
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        result = sandbox.read(whole[: int(share * len(whole))], kind)
        assert result.status is not Status.OK
        assert result.error
    assert sandbox.read(whole, kind).status is Status.OK


@pytest.mark.parametrize("kind", ["step", "brep"])
def test_nested_and_empty_compounds_are_looked_through(sandbox: Sandbox, kind: str):
    box = BRepPrimAPI_MakeBox(1, 2, 3).Solid()
    void = compound([])
    whole = compound([void, compound([void, compound([box]), void])])
    result = sandbox.read(_written(whole, kind), kind)
    assert (result.status, result.error) == (Status.OK, None)
    assert result.solid is not None
    assert result.solid.volume == pytest.approx(6)


@pytest.mark.parametrize("kind", ["step", "brep"])
def test_faces_alone_are_no_solid(sandbox: Sandbox, kind: str):
    shell = BRepPrimAPI_MakeBox(1, 2, 3).Shell()
    result = sandbox.read(_written(compound([shell]), kind), kind)
    assert result.status is Status.NO_SOLID
    assert f"{kind} holds a shell" in (result.error or "")


def test_unknown_kind_is_the_callers_mistake(sandbox: Sandbox):
    with pytest.raises(InputError, match="'iges'"):
        sandbox.read(b"", "iges")


@pytest.mark.slow
def test_real_files_have_solids(sandbox: Sandbox, real_data: Path):
    files = sorted(real_data.glob("gencad_code/steps/*.step"))
    statuses = {path.name: sandbox.read(path.read_bytes(), "step").status for path in files}
    assert len(files) == 20
    assert set(statuses.values()) == {Status.OK}, statuses


def _file(sandbox: Sandbox, part: KnownPart, kind: str) -> bytes:
    solid = sandbox.run(part.program, exports=(kind,)).solid
    assert solid is not None
    return solid.files[kind]


def _written(shape: TopoDS_Shape, kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "brep":
        BRepTools.Write_s(shape, stream)
    else:
        writer = STEPControl_Writer()
        writer.Transfer(shape, STEPControl_StepModelType.STEPControl_AsIs)
        writer.WriteStream(stream)
    return stream.getvalue()
