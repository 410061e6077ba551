"""A model of a few thousand weights that all tests of this room read."""

import pytest

from cadvlm.config.model import LlavaConfig
from cadvlm.models.build import build
from cadvlm.models.load import Loaded
from cadvlm.records import PROMPT
from tests.training.samples import code

TINY = LlavaConfig(
    image_size=32, width=32, vision_layers=1, text_layers=1, heads=2, vocabulary=1400
)


@pytest.fixture(scope="package")
def tiny() -> Loaded:
    return build(TINY, [PROMPT, *map(code, range(4, 28))], seed=0)
