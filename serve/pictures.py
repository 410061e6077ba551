"""Bytes that a client calls a picture, to a picture; or a refusal that says what is wrong.

The type is found by content: neither a file name nor a declared type is believed. The size is read
from the picture's header, so a decompression bomb is refused before it is unpacked.
"""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image, ImageOps, UnidentifiedImageError

from serve.errors import Refused

FORMATS = ("PNG", "JPEG", "WEBP")
# Image processors scale the shorter side to the model's input, so a strip of 1 x 10000 pixels would
# be blown up to a hundred megapixels. No drawing or photograph of a part is that long.
MAX_ASPECT = 16
# No model sees more; larger ones would only travel further between processes.
MAX_SIDE = 2048


def from_text(text: str, max_megapixels: float, param: str) -> Image.Image:
    """A picture from base64, with or without ``data:image/...;base64,`` before it."""
    head, comma, encoded = text.partition(",")
    if comma and not (head.startswith("data:") and head.endswith(";base64")):
        raise Refused(400, "bad_image", "neither base64 nor a base64 data URI", param)
    try:
        data = base64.b64decode("".join((encoded if comma else text).split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "bad_image", "neither base64 nor a base64 data URI", param) from None
    return from_bytes(data, max_megapixels, param)


def from_bytes(data: bytes, max_megapixels: float, param: str) -> Image.Image:
    """A picture from the content of a PNG, JPEG or WebP file: RGB, upright, on a white ground.

    Raises:
        Refused: 400 empty, broken or a strip, 413 too many pixels, 415 another type of file.
    """
    if not data:
        raise Refused(400, "bad_image", "the file is empty", param)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image.width, image.height, max_megapixels, param)
            return _plain(image)
    except Refused:
        raise
    except UnidentifiedImageError:
        message = "neither a PNG nor a JPEG nor a WebP picture"
        raise Refused(415, "unsupported_image", message, param) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(max_megapixels, param) from None
    except Exception as error:
        # Decoders of hostile bytes raise whatever they like (OSError, SyntaxError, struct.error,
        # zlib.error, ...): whatever it is, it is the picture's fault.
        raise Refused(400, "bad_image", f"the picture is broken: {error}", param) from error


def _check_size(width: int, height: int, max_megapixels: float, param: str) -> None:
    if width * height > max_megapixels * 1e6:
        raise _too_large(max_megapixels, param)
    if max(width, height) > MAX_ASPECT * min(width, height):
        message = f"{width} x {height}: one side is over {MAX_ASPECT} times the other"
        raise Refused(400, "bad_image", message, param)


def _too_large(max_megapixels: float, param: str) -> Refused:
    message = f"the picture has more than {max_megapixels:g} megapixels"
    return Refused(413, "image_too_large", message, param)


def _plain(image: Image.Image) -> Image.Image:
    image.draft("RGB", (MAX_SIDE, MAX_SIDE))
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip to white
        image = image.convert("I").point(lambda value: value / 257).convert("L")
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return image.convert("RGB")
