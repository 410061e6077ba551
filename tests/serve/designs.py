"""Small design files, as clients bring them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from tests.sequences.onshape import prism, square

STEP = b"ISO-10303-21;\nHEADER;\nENDSEC;\nEND-ISO-10303-21;\n"


def plate(side: float = 0.02, height: float = 0.01) -> bytes:
    """A square plate as DeepCAD has it."""
    return prism(square(side), one=height).encode()


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return stream.getvalue()
