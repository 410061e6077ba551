"""What is drawn of every part: the pictures that the configuration asks for, as PNG.

Whatever a picture leaves to chance follows from the seed, the part's name and the view: it can be
made again alone, and does not depend on what else is drawn, or when.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cadvlm.config.data import PictureConfig
from cadvlm.geometry.solid import Solid
from cadvlm.records import Rendering

if TYPE_CHECKING:
    import numpy as np

    from cadvlm.render.variation import Variation

DRAWING = "drawing"
"""The view that is no camera, and what the sandbox exports for it."""


def exports(config: PictureConfig) -> tuple[str, ...]:
    """What the sandbox must hand over beside the solid for its pictures."""
    return (DRAWING,) if DRAWING in config.views else ()


def pictures(
    name: str, solid: Solid, config: PictureConfig, seed: int = 0
) -> tuple[Rendering, ...]:
    """Draw a solid; ``name`` is the part's id."""
    from cadvlm.render.picture import render

    shown: list[Rendering] = []
    for view in config.views:
        rng = _generator(seed, name, view)
        variation = _variation(config, rng)
        if view == DRAWING:
            shown.append(_drawing(name, solid, config, variation, rng))
            continue
        shown.append(
            render(
                solid,
                view,
                config.pixels,
                rng,
                style=config.style,
                columns=config.grid.columns,
                border=config.grid.border,
                variation=variation,
            )
        )
    return tuple(shown)


def _drawing(
    name: str,
    solid: Solid,
    config: PictureConfig,
    variation: Variation | None,
    rng: np.random.Generator,
) -> Rendering:
    from cadvlm.render.drawing.draw import draw, render

    look = config.drawing
    sheet = draw(
        solid,
        title=name,
        projection=look.projection,
        hidden=look.hidden == "dashed",
        dimensions=look.dimensions,
        sheet=look.sheet,
        title_block=look.title_block,
    )
    return render(sheet, config.pixels[0], variation, rng)


def _generator(seed: int, name: str, view: str) -> np.random.Generator:
    import numpy as np

    digest = hashlib.sha256(f"{seed}\0{name}\0{view}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def _variation(config: PictureConfig, rng: np.random.Generator) -> Variation | None:
    from cadvlm.render.variation import vary

    return vary(rng, **config.augment.model_dump()) if config.augment else None
