import io

import numpy as np
from PIL import Image

from cadvlm.render.png import encode


def test_a_png_holds_the_very_pixels_in_grey():
    image = np.random.default_rng(0).integers(0, 256, (40, 30), dtype=np.uint8)
    opened = Image.open(io.BytesIO(encode(image)))
    assert (opened.format, opened.mode, opened.size) == ("PNG", "L", (30, 40))
    np.testing.assert_array_equal(np.asarray(opened), image)
