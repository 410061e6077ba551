import io

import numpy as np
import pytest
from PIL import Image

from cadvlm.config.data import AugmentConfig
from cadvlm.render import scan
from cadvlm.render.picture import render
from cadvlm.render.variation import Variation, vary
from tests.meshes import solid_box

PART = solid_box(3, 2, 1)
NOTHING = dict.fromkeys(
    (
        "jitter_deg", "rotation_deg", "perspective_deg", "material", "light", "lines", "paper",
        "noise", "background",
    ),
    0.0,
)  # fmt: skip
MOST = {
    "jitter_deg": 20.0, "rotation_deg": 10.0, "perspective_deg": 60.0, "material": 1.0,
    "light": 1.0, "lines": 1.0, "paper": 1.0, "noise": 1.0, "background": 1.0,
}  # fmt: skip


def shown(variation: Variation | None, style="shaded", seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    picture = render(PART, "iso", (128, 128), rng, style=style, variation=variation)
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))


def varied(seed: int = 0, **strengths: float) -> Variation:
    rng = np.random.default_rng(seed)
    return vary(rng, probability=1.0, **{**NOTHING, **strengths})


def test_the_settings_are_the_arguments():
    assert AugmentConfig.model_fields.keys() == {"probability", *NOTHING}


@pytest.mark.parametrize("style", ["shaded", "openecad", "cadrille"])
def test_nothing_varies_at_strength_zero_or_probability_zero(style):
    plain = shown(None, style)
    never = vary(np.random.default_rng(0), probability=0.0, **MOST)
    np.testing.assert_array_equal(shown(never, style), plain)
    np.testing.assert_array_equal(shown(varied(), style), plain)


@pytest.mark.parametrize("setting", NOTHING)
def test_every_setting_changes_the_picture_by_itself(setting):
    variation = varied(3, **{setting: MOST[setting]})
    assert (shown(variation) != shown(None)).any()


@pytest.mark.parametrize(
    "setting", ["rotation_deg", "perspective_deg", "lines", "paper", "noise", "background"]
)
def test_settings_that_a_drawing_knows_change_it(setting):
    sheet = np.full((120, 100), 255, np.uint8)
    sheet[20:100, 20:22] = sheet[20:22, 20:80] = 0
    variation = varied(3, **{setting: MOST[setting]})
    if setting == "lines":
        assert variation.line != 1.0
        return
    image = variation.finish_sheet(sheet, np.random.default_rng(0))
    assert image.shape[:2] == sheet.shape
    wide = np.asarray(Image.fromarray(image).convert("L"))
    assert (wide != sheet).mean() > 0.01
    assert np.ptp(wide) > 100


def test_one_setting_leaves_the_others_where_they_are():
    both, one = varied(5, material=1.0, noise=0.4), varied(5, noise=0.4)
    assert both.noise == one.noise
    assert one.color is None


def test_a_picture_can_be_made_again_alone():
    variation = varied(7, **MOST)
    np.testing.assert_array_equal(shown(variation, seed=4), shown(variation, seed=4))
    assert (shown(variation, seed=4) != shown(variation, seed=5)).any()


@pytest.mark.parametrize("seed", range(12))
def test_the_part_stays_to_be_seen_under_the_worst_of_everything(seed):
    image = shown(varied(seed, **MOST), seed=seed).astype(float)
    assert image.std() > 8


def test_a_background_is_behind_the_part_and_not_on_it():
    variation = Variation(background=1.0)
    plain, image = shown(None), shown(variation)
    part = (plain != 255).any(axis=2)
    np.testing.assert_array_equal(image[part], plain[part])
    assert (image[~part] != 255).mean() > 0.9


def test_borders_of_smooth_pictures_have_no_halo_before_a_background():
    dark = np.zeros((128, 128, 3), np.uint8)
    painted = np.zeros((128, 128, 4), np.uint8)
    painted[:, :64, 3] = 255  # a black part
    painted[:, 64, :3], painted[:, 64, 3] = 127, 128  # half of it white ground
    painted[:, 65:, :3] = 255
    assert scan.before(painted, dark).max() <= 1


def test_a_sheet_askew_stays_whole():
    sheet = np.full((100, 140), 255, np.uint8)
    sheet[2:98, 2:138] = 0
    image = scan.laid(sheet, None, np.random.default_rng(0), 8.0, 0.0)
    assert image.shape == sheet.shape
    assert (image[[0, -1]] > 128).any(axis=1).all()
    dark = (image < 128).sum() / (sheet < 128).sum()
    assert 0.6 < dark < 1.0
