import pytest

from cadvlm.config.data import PictureConfig
from cadvlm.errors import ConfigError
from cadvlm.render.views import exports, pictures
from tests.meshes import solid_box

PART = solid_box(3, 2, 1)


def test_there_is_a_picture_for_each_view_in_the_order_of_the_settings():
    views = ["top", "iso+front", "cadrille", "30/20"]
    config = PictureConfig.parse({"views": views, "size": 96, "style": "openecad"})
    shown = pictures("box", PART, config)
    assert [picture.view for picture in shown] == views
    assert [picture.style for picture in shown] == ["openecad", "openecad", "cadrille", "openecad"]
    assert exports(config) == ()


def test_width_and_height_may_differ():
    [picture] = pictures("box", PART, PictureConfig.parse({"size": [128, 96]}))
    assert (picture.width, picture.height) == (128, 96)


def test_variety_follows_from_seed_part_and_view_and_nothing_else():
    augment = {"probability": 1.0}
    both = PictureConfig.parse({"views": ["iso", "front"], "size": 96, "augment": augment})
    alone = PictureConfig.parse({"views": ["front"], "size": 96, "augment": augment})
    [front] = pictures("box", PART, alone, seed=1)
    assert pictures("box", PART, both, seed=1)[1] == front
    for other in (pictures("bolt", PART, alone, seed=1), pictures("box", PART, alone, seed=2)):
        assert other[0].png != front.png


def test_plain_pictures_leave_nothing_to_chance():
    config = PictureConfig.parse({"size": 96})
    assert pictures("box", PART, config, seed=1) == pictures("bolt", PART, config, seed=2)


@pytest.mark.parametrize(
    "view",
    [
        "iso",
        "30/20",
        "-10.5/-90",
        "iso+front+top+right",
        "cadrille",
        "openecad",
        "openecad-transparent",
        "openecad-orthographic",
    ],
)
def test_the_views_that_settings_know_can_be_drawn(view):
    assert pictures("box", PART, PictureConfig.parse({"views": [view], "size": 96}))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"views": ["isometric"]}, "'isometric': no view; there are iso, front"),
        ({"views": ["iso+drawing"]}, "'iso\\+drawing': no view"),
        ({"views": ["cadrille+iso"]}, "no view"),
        ({"views": ["30/120"]}, "120 degrees above"),
        ({"size": 16}, "16 pixels: give 32 to 4096"),
        ({"size": [448, 5000]}, "5000 pixels"),
        ({"style": "cartoon"}, "style"),
        ({"augment": {"noise": 2}}, "augment.noise"),
    ],
)  # fmt: skip
def test_wrong_settings_are_named(wrong, message):
    with pytest.raises(ConfigError, match=message):
        PictureConfig.parse(wrong)
