import io

import pytest
from PIL import Image

from cadvlm.config.data import PrepareConfig
from cadvlm.data.builder import Builder
from cadvlm.records import Part, Sample
from tests.parts import DRILLED_PLATE


def built(**pictures) -> Sample:
    sources = [{"name": "synthetic", "limit": 1}]
    config = PrepareConfig.parse({"sources": sources, "out": "unused", "pictures": pictures})
    part = Part("plate", "synthetic", DRILLED_PLATE.program)
    [sample] = Builder(config).build([part])
    assert isinstance(sample, Sample)
    return sample


@pytest.mark.parametrize(("sheet", "height"), [("square", 200), ("A4", 283)])
def test_a_drawing_can_stand_beside_shaded_pictures(sheet, height):
    sample = built(views=["drawing", "iso"], size=200, drawing={"sheet": sheet})
    drawing, shaded = sample.images
    assert (shaded.view, shaded.style) == ("iso", "shaded")
    assert (drawing.view, drawing.style) == ("sheet", "drawing")
    assert (drawing.width, drawing.height) == (200, height)
    assert Image.open(io.BytesIO(drawing.png)).size == (200, height)
