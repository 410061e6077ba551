import io

import numpy as np
import pytest
from PIL import Image

from cadvlm.render.png import encode


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1), (300, 200, 3)])
def test_pictures_come_back_as_they_were(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    read = Image.open(io.BytesIO(encode(image)))
    assert (read.format, read.mode) == ("PNG", "L" if len(shape) == 2 else "RGB")
    np.testing.assert_array_equal(np.asarray(read), image)


def test_flat_pictures_are_small():
    image = np.full((448, 448), 255, np.uint8)
    image[100:300, 150:350] = 141
    assert len(encode(image)) < 5000
