"""IoUbest beside CAD-Coder's own procedure, on the parts that its authors published."""

import json
from itertools import islice
from pathlib import Path

import pytest

from cadvlm.geometry.extract import NoSolid, extract, salvage
from cadvlm.geometry.solid import Solid
from cadvlm.scoring.iou_best import iou_best
from tests.meshes import box, cells, flipped, joined, moved, scaled, solid, turned

PEER = {
    "00070021": 0.88454,
    "00118368": 0.88217,
    "00141107": 0.22776,
    "00144677": 0.94787,
    "00217029": 1.0,
    "00306373": 0.59494,
    "00342885": 0.96832,
    "00361382": 0.98401,
    "00450000": 0.96411,
    "00528846": 0.91897,
    "00574088": 0.99668,
    "00578255": 0.72636,
    "00669299": 0.97855,
    "00675497": 0.95212,
    "00753045": 0.79925,
    "00812431": 0.98472,
    "00904404": 0.71121,
    "00948991": 0.74599,
    "00950919": 0.98111,
    "00966577": 0.50200,
}
"""What ``bench.cad_coder.iou_best`` gives for the published code against the published STEP."""

KERNEL_AT_FAULT = {
    # Its transform turns cylinders into splines, and the default integration of their volume is off
    # by up to 1 %. The same Booleans, weighed to 1e-6, give:
    "00528846": 0.92035,
    "00669299": 0.98767,
    "00950919": 0.98914,
    # A Boolean fails: a union that is smaller than the solids less their intersection (the second
    # pose; the first gives what follows), and one that is no larger than one of the solids (the
    # candidate is one that BRepCheck refuses).
    "00578255": 0.72003,
    "00966577": 0.33164,
}
"""Parts where the peer's own number is wrong, and the ratio of the volumes measured right."""


def shapes(folder: Path):
    """Pairs of what the code builds and what the STEP file holds, as kernel shapes, by name."""
    import cadquery as cq

    for line in (folder / "test20.jsonl").read_text().splitlines():
        row = json.loads(line)
        name = row["image"].removesuffix("_0.png")
        scope: dict[str, object] = {}
        exec(row["ground_truth"], scope)
        yield name, scope["solid"], cq.importers.importStep(str(folder / "steps" / f"{name}.step"))


def everything(shape) -> Solid:
    """All solids of a shape, sound or not, as the peer takes them."""
    try:
        whole = extract(shape)
    except NoSolid:
        return salvage(shape)
    return salvage(shape) if whole.n_left_out else whole


def test_published_parts_score_what_cad_coders_script_gives_or_should(real_data):
    wrong = {}
    for name, built, read in shapes(real_data / "gencad_code"):
        ours = iou_best(everything(built.val().wrapped), everything(read.val().wrapped))
        expected = KERNEL_AT_FAULT.get(name, PEER[name])
        if ours != pytest.approx(expected, abs=1e-3):
            wrong[name] = ours, expected
    assert not wrong


@pytest.mark.slow
def test_the_recorded_numbers_are_the_peers(real_data, tmp_path):
    import cadquery as cq

    from bench import cad_coder

    # A few: each takes seconds, and what is tested is that the table is the peer's.
    for name, built, _ in islice(shapes(real_data / "gencad_code"), 6):
        cq.exporters.export(built, str(tmp_path / "built.step"))
        reference = real_data / "gencad_code" / "steps" / f"{name}.step"
        peer = cad_coder.iou_best(tmp_path / "built.step", reference)
        assert peer == pytest.approx(PEER[name], abs=1e-4), name


def test_place_size_and_half_turns_do_not_matter():
    part = cells((0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 1, 1))
    other = scaled(moved(turned(part, (0, 0, 1), 180), (5, 6, 7)), 30)
    assert iou_best(solid(other), solid(part)) == pytest.approx(1, abs=1e-6)


def test_a_square_plate_at_45_degrees_gets_the_published_0707():
    plate = box(4, 4, 1)
    assert iou_best(solid(turned(plate, (0, 0, 1), 45)), solid(plate)) == pytest.approx(
        0.7071, abs=1e-3
    )


def test_overlapping_bodies_never_score_above_one():
    twice = joined(box(2, 1, 1), box(2, 1, 1))
    assert iou_best(solid(twice), solid(box(2, 1, 1))) <= 1


def test_a_solid_inside_out_scores_zero():
    assert iou_best(solid(flipped(box())), solid(box())) == 0
