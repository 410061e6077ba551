"""Pictures, good and bad, as a client might send them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image


def picture(
    format: str = "PNG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any
) -> bytes:
    """A grey picture as a file."""
    stream = io.BytesIO()
    Image.new(mode, size, 128 if mode in ("L", "P") else None).save(stream, format, **options)
    return stream.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises so many pixels."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(bytes(1000))),
            (b"IEND", b""),
        )
    )
