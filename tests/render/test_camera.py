import numpy as np
import pytest

from cadvlm.render.camera import CAMERAS

UNIT = (-0.5, -0.5, -0.5, 0.5, 0.5, 0.5)


@pytest.mark.parametrize("view", CAMERAS)
def test_axes_are_a_right_handed_frame(view):
    axes = CAMERAS[view].axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)


@pytest.mark.parametrize(
    ("view", "right", "up"),
    [("front", 0, 2), ("top", 0, 1), ("right", 1, 2)],
)
def test_drawing_views_show_two_axes_upright(view, right, up):
    points = np.eye(3)
    pixels = CAMERAS[view].project(points, UNIT, 100)
    assert pixels[right, 0] > 50
    assert pixels[right, 1] == pytest.approx(50)
    assert pixels[up, 1] < 50
    assert pixels[up, 0] == pytest.approx(50)


def test_iso_looks_from_the_front_right_and_above_with_z_up():
    x, y, z, nearest = CAMERAS["iso"].project(
        np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, -0.5, 0.5]]), UNIT, 100
    )
    assert x[0] > 50 < y[0]
    assert x[1] > 50 > y[1]
    assert z[0] == pytest.approx(50)
    assert z[1] < 50
    assert nearest[:2] == pytest.approx([50, 50])
    assert nearest[2] < min(x[2], y[2], z[2])


@pytest.mark.parametrize("size", [96, 448])
@pytest.mark.parametrize("view", CAMERAS)
def test_a_part_fills_eight_ninths_of_the_width_or_two_thirds_of_the_height(view, size):
    for sides in ([10, 1, 1], [1, 10, 1], [1, 1, 10], [3, 2, 1]):
        low, high = np.array([5.0, 6, 7]), np.array([5.0, 6, 7]) + sides
        corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
        pixels = CAMERAS[view].project(corners, (*low, *high), size)[:, :2] / size
        assert (pixels.min(axis=0) + pixels.max(axis=0)) / 2 == pytest.approx([0.5, 0.5])
        width, height = np.ptp(pixels, axis=0)
        assert max(width / (8 / 9), height / (2 / 3)) == pytest.approx(1)
