from dataclasses import replace

import numpy as np
import pytest

from cadvlm.errors import InputError
from cadvlm.render.camera import CAMERAS, Camera, camera

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


@pytest.mark.parametrize(
    ("angles", "name"),
    [
        ("0/0", "front"), ("90/0", "right"), ("180/0", "back"), ("-90/0", "left"),
        ("0/90", "top"), ("0/-90", "bottom"), ("45/35.264389682754654", "iso"),
    ],
)  # fmt: skip
def test_angles_are_to_the_right_of_the_front_and_above_it(angles, name):
    np.testing.assert_allclose(camera(angles).axes, CAMERAS[name].axes, atol=1e-12)


@pytest.mark.parametrize("view", ["frnt", "30", "30/", "30/20/10", ""])
def test_words_that_are_no_view_are_refused(view):
    with pytest.raises(InputError, match=r"front.*30/20"):
        camera(view)


def test_turning_moves_the_eye_to_the_right_and_up_and_the_picture_to_the_left():
    np.testing.assert_allclose(
        CAMERAS["front"].turned(90, 0, 0).axes, CAMERAS["right"].axes, atol=1e-12
    )
    np.testing.assert_allclose(
        CAMERAS["front"].turned(0, 90, 0).axes, CAMERAS["top"].axes, atol=1e-12
    )
    rolled = CAMERAS["front"].turned(0, 0, 90)
    [pixel] = rolled.project(np.array([[0.5, 0, 0]]), UNIT, 100)
    assert pixel[1] < 20
    assert pixel[0] == pytest.approx(50)


@pytest.mark.parametrize("view", CAMERAS)
def test_in_perspective_a_part_fills_the_picture_and_what_is_near_is_larger(view):
    seen = replace(CAMERAS[view], angle_deg=50.0)
    corners = np.array(np.meshgrid(*3 * [(-0.5, 0.5)])).reshape(3, -1).T
    pixels = seen.project(corners, UNIT, 300)
    width, height = np.ptp(pixels[:, :2], axis=0)
    assert max(width / (300 * 8 / 9), height / 200) == pytest.approx(1)
    middle = (pixels.min(axis=0) + pixels.max(axis=0))[:2] / 2
    np.testing.assert_allclose(middle, 150)
    near, far = (
        seen.project(seen.axes[2:] * at + seen.axes[:1] * [[0], [0.1]], UNIT, 300)
        for at in (0.4, -0.4)
    )
    assert np.ptp(near[:, 0]) > np.ptp(far[:, 0])
    assert near[0, 2] < far[0, 2]


def test_depth_in_perspective_is_even_along_a_straight_line():
    seen = replace(CAMERAS["iso"], angle_deg=60.0)
    line = np.linspace([-0.5, -0.4, 0.5], [0.3, 0.5, -0.2], 9)
    pixels = seen.project(line, UNIT, 300)
    along = np.hypot(*(pixels[:, :2] - pixels[0, :2]).T)
    even = np.interp(along, along[[0, -1]], pixels[[0, -1], 2])
    np.testing.assert_allclose(even, pixels[:, 2], atol=1e-9)


def test_a_camera_that_stays_shows_small_parts_small():
    seen = Camera(CAMERAS["front"].axes, angle_deg=60.0, distance=2.0)
    pixels = seen.project(np.array([[-0.5, 0, 0], [0.5, 0, 0]]), UNIT, 200)
    assert np.ptp(pixels[:, 0]) == pytest.approx(100 / np.tan(np.radians(30)) / 2)
