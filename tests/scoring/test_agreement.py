import numpy as np
import pytest
from PIL import Image, ImageOps

from cadvlm.geometry.solid import Solid
from cadvlm.render.drawing import draw as drawing
from cadvlm.render.drawing.bitmap import bitmap
from cadvlm.render.shaded import draw
from cadvlm.scoring.agreement import CAMERAS, DRAWING, Picture, agreement
from tests.meshes import cells, scaled, solid, solid_box, sphere

STAIRS = solid(cells((0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 2)))
"""Three arms of different lengths: every camera sees something else."""

OTHERS = {
    "box": solid_box(3, 2, 3),
    "cube": solid_box(),
    "ball": solid(sphere()),
    "a longer arm": solid(cells((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 2, 0), (0, 0, 1))),
}


def picture(part: Solid, view: str = "iso", size: int = 300) -> Picture:
    return of(Image.fromarray(draw(part, view, size)))


def of(image: Image.Image) -> Picture:
    shown = Picture.of(image)
    assert shown is not None
    return shown


@pytest.mark.parametrize("view", CAMERAS)
def test_a_part_agrees_with_its_picture_and_its_camera_is_found(view):
    found = agreement(STAIRS, [picture(STAIRS, view)])
    assert found.view == view
    assert found.score > 0.9


@pytest.mark.parametrize("other", OTHERS)
def test_another_part_agrees_less(other):
    shown = [picture(STAIRS)]
    assert agreement(OTHERS[other], shown).score < agreement(STAIRS, shown).score - 0.1


def test_neither_place_nor_size_in_the_picture_matter():
    small = Image.fromarray(draw(STAIRS, "iso", 200))
    canvas = Image.new("RGB", (640, 400), "white")
    canvas.paste(small, (400, 20))
    assert agreement(STAIRS, [of(canvas)]).score > 0.9


def test_size_of_the_part_does_not_matter():
    large = solid(scaled(STAIRS.mesh, 100))
    shown = [picture(STAIRS)]
    assert agreement(large, shown).score == pytest.approx(agreement(STAIRS, shown).score, abs=1e-6)


def test_proportions_matter():
    shown = [picture(solid_box(4, 2, 1))]
    right, wrong = (agreement(solid_box(*size), shown) for size in ((8, 4, 2), (4, 2, 2)))
    assert right.score > wrong.score + 0.05


def test_a_line_drawing_is_read_by_what_its_lines_enclose():
    part = solid_box(3, 2, 1)
    lines = np.where(draw(part, "iso", 300) == 0, 0, 255).astype(np.uint8)
    shown = of(Image.fromarray(lines))
    assert agreement(part, [shown]).silhouette > 0.95


def test_a_dark_ground_is_ground_too():
    inverted = ImageOps.invert(Image.fromarray(draw(STAIRS, "iso", 300)))
    assert agreement(STAIRS, [of(inverted)]).silhouette > 0.95


def test_what_one_sees_through_is_not_covered():
    ring = solid(cells(*((x, y, 0) for x in range(3) for y in range(3) if (x, y) != (1, 1))))
    full = solid(cells(*((x, y, 0) for x in range(3) for y in range(3))))
    shown = [picture(ring, "top")]
    assert agreement(ring, shown).silhouette > agreement(full, shown).silhouette + 0.05


def test_several_pictures_count_alike():
    views = ("iso", "top")
    shown = [picture(STAIRS, view) for view in views]
    alone = [agreement(OTHERS["box"], [one]).score for one in shown]
    both = agreement(OTHERS["box"], shown)
    assert both.score == pytest.approx(np.mean(alone))
    assert agreement(STAIRS, shown).view == "iso+top"


def test_a_blank_picture_shows_nothing():
    assert Picture.of(Image.new("RGB", (50, 40), "grey")) is None


@pytest.mark.parametrize("options", [{}, {"dimensions": False}], ids=["dimensioned", "plain"])
def test_a_sheet_is_compared_with_the_drawing(options):
    part, other = solid_box(3, 2, 1), solid_box(3, 1, 2)
    shown = [of(Image.fromarray(bitmap(drawing.draw(part, sheet="square", **options), 400)))]
    right, wrong = agreement(part, shown), agreement(other, shown)
    assert right.view == DRAWING
    assert right.score > wrong.score + 0.1
