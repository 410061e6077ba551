from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import trimesh
from PIL import Image

from cadvlm.config.execution import Limits
from cadvlm.execution.result import Status
from cadvlm.records import CadProgram
from cadvlm.render.shaded import draw
from cadvlm.scoring.agreement import Picture
from serve.builder import Builder, Built
from tests.conftest import ROOT
from tests.parts import BOX, L_BRACKET


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    builder = Builder(Limits())
    yield builder
    builder.close()


@pytest.fixture(scope="module")
def bracket(builder: Builder) -> Built:
    return builder.build(L_BRACKET.program)


@pytest.fixture(scope="module")
def files(builder: Builder, bracket: Built) -> dict[str, bytes]:
    assert bracket.solid is not None
    return builder.files(bracket.solid)


def test_builder_refuses_where_a_protection_is_missing_unless_told_otherwise() -> None:
    # Unprivileged and for good: in a process of its own.
    code = """
import errno, sys
from tests.execution.absent import take_away
take_away(444, errno.ENOSYS)  # Landlock
from cadvlm.config.execution import Limits
from cadvlm.errors import SandboxUnavailable
from serve.builder import Builder
try:
    Builder(Limits())
except SandboxUnavailable as refusal:
    print(refusal)
Builder(Limits(), allow_unsafe=True).close()
print("started")
"""
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, check=False)
    refusal, started = done.stdout.splitlines()
    assert "reading files outside, writing files outside not enforced" in refusal
    assert "selfcheck" in refusal
    assert "allow_unsafe=true" in refusal
    assert started == "started"


def test_figures_are_those_of_the_solid(bracket: Built) -> None:
    assert bracket.figures is not None
    assert bracket.figures.volume == pytest.approx(L_BRACKET.volume)
    assert bracket.figures.bbox == pytest.approx(L_BRACKET.bbox)
    assert bracket.figures.n_faces == L_BRACKET.n_faces


def test_step_is_step(files: dict[str, bytes]) -> None:
    assert files["part.step"].startswith(b"ISO-10303-21;")


@pytest.mark.parametrize("kind", ["stl", "glb"])
def test_meshes_open_closed_and_with_the_right_volume(files: dict[str, bytes], kind: str) -> None:
    mesh = trimesh.load(io.BytesIO(files[f"part.{kind}"]), file_type=kind, force="mesh")
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(L_BRACKET.volume)


def test_stl_keeps_the_frame_and_glb_stands_upright(files: dict[str, bytes]) -> None:
    low, high = np.reshape(L_BRACKET.bbox, (2, 3))
    stl, glb = (
        trimesh.load(io.BytesIO(files[f"part.{kind}"]), file_type=kind, force="mesh")
        for kind in ("stl", "glb")
    )
    assert stl.bounds == pytest.approx(np.stack([low, high]))
    x, y, z = 0, 1, 2
    assert glb.bounds[:, y] == pytest.approx([low[z], high[z]])
    assert glb.bounds[:, z] == pytest.approx([-high[y], -low[y]])
    assert glb.bounds[:, x] == pytest.approx([low[x], high[x]])


def test_png_shows_the_part(files: dict[str, bytes]) -> None:
    with Image.open(io.BytesIO(files["part.png"])) as image:
        grey = np.asarray(image.convert("L"))
    assert 0.05 < (grey < 250).mean() < 0.9


def test_the_drawing_tells_the_sizes(files: dict[str, bytes]) -> None:
    svg = files["drawing.svg"].decode()
    assert all(f'aria-label="{size}"' in svg for size in (40, 30, 20))


def test_the_solid_is_seen_from_where_the_picture_was_taken(
    builder: Builder, bracket: Built, files: dict[str, bytes]
) -> None:
    assert bracket.solid is not None
    views = [builder.files(bracket.solid, view)["seen.png"] for view in ("front", "drawing")]
    assert len({files["part.png"], *views}) == 3
    assert files["seen.png"] == files["part.png"]


def test_view_is_html_that_holds_the_part_and_loads_nothing(files: dict[str, bytes]) -> None:
    html = files["view.html"].decode()
    assert "<canvas" in html or "WebGLRenderer" in html
    assert "<script src" not in html
    assert "<link" not in html


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import cadquery as cq\nresult = cq.Workplane(", Status.SYNTAX),
        ("result = 1 / 0\n", Status.EXCEPTION),
        ("result = 1\n", Status.NO_SOLID),
    ],
)
def test_a_program_that_does_not_build_is_an_answer(
    builder: Builder, code: str, status: Status
) -> None:
    built = builder.build(CadProgram(code))
    assert (built.status, built.figures, built.solid) == (status, None, None)
    assert built.error


def test_agreement_tells_the_part_in_the_picture(builder: Builder, bracket: Built) -> None:
    assert bracket.solid is not None
    shown = Picture.of(Image.fromarray(draw(bracket.solid)))
    assert shown is not None
    right, wrong = (builder.build(part.program, [shown]) for part in (L_BRACKET, BOX))
    assert right.agreement is not None
    assert wrong.agreement is not None
    assert right.agreement.score > wrong.agreement.score + 0.1


def test_a_repair_is_told(builder: Builder) -> None:
    program = CadProgram(BOX.program.code.rstrip() + ".edges().fillet(5)\n")
    built = builder.build(program)
    assert built.status is Status.OK
    assert built.program != program
    assert "reduced" in built.changes[0]
