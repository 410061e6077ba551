import io

import numpy as np
import pytest
from PIL import Image

from cadvlm.errors import InputError
from cadvlm.render.camera import CAMERAS
from cadvlm.render.picture import PUBLISHED, render
from cadvlm.render.shaded import draw
from tests.meshes import solid_box

PART = solid_box(3, 2, 1)


def shown(view: str, size=(120, 120), seed: int = 0, **options) -> np.ndarray:
    picture = render(PART, view, size, np.random.default_rng(seed), **options)
    assert (picture.view, picture.width, picture.height) == (view, *size)
    image = Image.open(io.BytesIO(picture.png))
    assert image.size == size
    return np.asarray(image)


@pytest.mark.parametrize("view", [*CAMERAS, "30/20"])
def test_one_camera_gives_the_plain_picture(view):
    np.testing.assert_array_equal(shown(view), draw(PART, view, 120))


def test_a_grid_goes_to_the_right_and_then_down():
    image = shown("iso+front+top", (240, 240))
    for (row, column), view in {(0, 0): "iso", (0, 1): "front", (1, 0): "top"}.items():
        tile = image[row * 120 : row * 120 + 120, column * 120 : column * 120 + 120]
        np.testing.assert_array_equal(tile, draw(PART, view, 120))
    assert (image[120:, 120:] == 255).all()


def test_a_grid_can_be_a_row_and_have_borders():
    image = shown("front+top", (240, 120), columns=2, border=0.05)
    for left in (0, 120):
        np.testing.assert_array_equal(
            image[6:114, left + 6 : left + 114], draw(PART, "front" if not left else "top", 108)
        )
        assert (image[:, left : left + 6] == 0).all()


def test_cadrilles_grid_has_its_size_borders_and_colour():
    image = shown("cadrille", (268, 268))
    assert image.shape == (268, 268, 3)
    for edge in (0, 2, 131, 136, 267):
        assert (image[:, edge] == 0).all()
    assert (image[3, 3] == 255).all()
    red, green, blue = image[67, 67].tolist()
    assert red == green > blue > 0
    # A box is its own image through its middle: from the opposite corner it is upside down.
    upside_down = image[3:131, 137:265][::-1].astype(int)
    assert np.abs(image[3:131, 3:131] - upside_down).mean() < 2


def test_openecads_pictures_are_grey_and_each_from_another_corner():
    first, again, other = (shown("openecad", (160, 120), seed) for seed in (1, 1, 2))
    assert first.ndim == 2
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert first.min() == 0
    assert 60 < first[60, 80] < 110


@pytest.mark.parametrize("view", PUBLISHED)
def test_what_other_datasets_show_has_its_own_style(view):
    picture = render(PART, view, (160, 120), np.random.default_rng(0), style="shaded")
    assert picture.style == PUBLISHED[view].style != "shaded"


def test_orthographic_views_are_from_the_right_the_back_and_above():
    image = shown("openecad-orthographic", (200, 200))
    sides = []
    for row, column in ((0, 1), (1, 0), (1, 1)):
        tile = image[row * 100 : row * 100 + 100, column * 100 : column * 100 + 100] < 250
        tall, wide = (np.flatnonzero(tile.any(axis=k)).size for k in (1, 0))
        sides.append(wide / tall)
    assert sides == pytest.approx([2, 3, 1.5], rel=0.05)


def test_unknown_views_are_refused():
    with pytest.raises(InputError, match="'isometric'"):
        shown("front+isometric")
