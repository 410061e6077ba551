from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from serve import pictures
from serve.errors import Refused
from tests.serve.images import bomb, picture

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_read_by_content(format: str) -> None:
    image = pictures.from_bytes(picture(format), 1, "image")
    assert (image.mode, image.size) == ("RGB", (64, 48))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    assert pictures.from_bytes(picture(mode=mode), 1, "image").mode == "RGB"


def test_transparency_is_laid_on_white() -> None:
    image = pictures.from_bytes(picture(mode="RGBA"), 1, "image")
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_of_grey_are_scaled_not_clipped() -> None:
    stream = io.BytesIO()
    Image.fromarray(np.full((8, 8), 128 * 257, np.uint16)).save(stream, "PNG")
    assert pictures.from_bytes(stream.getvalue(), 1, "image").getpixel((0, 0)) == (128, 128, 128)


def test_a_photograph_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert pictures.from_bytes(picture("JPEG", exif=exif), 1, "image").size == (48, 64)


def test_a_large_picture_is_made_smaller() -> None:
    image = pictures.from_bytes(picture("JPEG", size=(3000, 1500)), 10, "image")
    assert image.size == (2048, 1024)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"not a picture", 415),
        (SVG, 415),
        (picture("GIF", mode="P"), 415),
        (picture("TIFF"), 415),
        (picture("PNG")[:60], 400),
        (picture("JPEG")[:200], 400),
        (picture("WEBP")[:20], 400),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 415),
        (picture(size=(2000, 2)), 400),
        (picture(size=(1100, 1000)), 413),
        (bomb(30_000, 30_000), 413),
        (bomb(12_000, 12_000), 413),
    ],
    ids=["empty", "text", "svg", "gif", "tiff", "cut png", "cut jpeg", "cut webp", "no png header",
         "strip", "over the limit", "bomb", "half a bomb"],
)  # fmt: skip
def test_a_bad_picture_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(Refused) as refusal:
        pictures.from_bytes(data, 1, "image")
    assert (refusal.value.status, refusal.value.param) == (status, "image")


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_base64_is_read_bare_and_as_data_uri(prefix: str) -> None:
    text = prefix + base64.encodebytes(picture()).decode()
    assert pictures.from_text(text, 1, "images").size == (64, 48)


@pytest.mark.parametrize(
    "text", ["", "%%%", "https://example.com/a.png", "data:image/png,abc", "\N{SNOWMAN}"]
)
def test_text_that_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        pictures.from_text(text, 1, "images")
    assert refusal.value.status == 400
