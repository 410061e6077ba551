"""Requests that cannot be answered, of as many kinds as clients are known to send."""

from __future__ import annotations

import base64
import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from tests.serve.designs import archive
from tests.serve.images import bomb, picture

PNG = picture()
BASE64 = base64.b64encode(PNG).decode()
JSON = {"content-type": "application/json"}

Request = dict[str, Any]


class Bad(NamedTuple):
    """A request, and what its kind is called."""

    kind: str
    request: Request


def _noise(format: str) -> bytes:
    """A picture that does not compress, so that every part of its file matters."""
    pixels = np.random.default_rng(0).integers(256, size=(64, 64, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format)
    return stream.getvalue()


def _header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG whose header says so, and which has nothing else."""
    data = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + data))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + data + crc


def _cut(format: str, number: int) -> bytes:
    """The first 5 to 70 % of a file."""
    whole = _noise(format)
    return whole[: len(whole) * (5 + 5 * number) // 100]


def _garbled(format: str, number: int) -> bytes:
    """The beginning of a picture, then something else."""
    return _noise(format)[:12] + random.Random(number).randbytes(100 + 50 * number)


OTHERS: list[bytes] = [
    b"hello", b"<html></html>", b"%PDF-1.7\n", b"\x7fELF\2\1\1", b"MZ\x90\0", b"\0\0\1\0\1\0",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\0\0\0\x1cftypheic", b"ID3\4", b"{}",
    archive({"a.png": PNG}), picture("GIF", mode="P"), picture("TIFF"), picture("BMP"),
]  # fmt: skip
"""Files of other kinds."""

FILES: dict[str, Callable[[int], bytes]] = {
    "empty or all zeros": lambda n: bytes(n * 7),
    "random": lambda n: random.Random(n).randbytes(1 + 60 * n),
    "of another kind": lambda n: OTHERS[n],
    "cut png": lambda n: _cut("PNG", n),
    "cut jpeg": lambda n: _cut("JPEG", n),
    "cut webp": lambda n: _cut("WEBP", n),
    "garbled png": lambda n: _garbled("PNG", n),
    "garbled jpeg": lambda n: _garbled("JPEG", n),
    "garbled webp": lambda n: _garbled("WEBP", n),
    "bomb": lambda n: bomb(8_000 + 3_000 * n, 9_000),
    "strip": lambda n: picture(size=(17 * (n + 1), 1)),
    "no pixels": lambda n: _header(0, n),
    "impossible header": lambda n: _header(8, 8, depth=3 + 2 * (n % 6), colour=5 + n),
    "header alone": lambda n: _header(8 + n, 8),
}
"""What a file can hold, 14 of each kind."""

BODIES: dict[str, list[Any]] = {
    "no pictures": [[], None, {}, "", 1, True, [None], [1], [{}], [[BASE64]], ["", BASE64]],
    "not base64": ["%", "a", "ab=c", "\N{SNOWMAN}", BASE64[:-3], "data:image/png,x", "data:;x"],
    "an address": [
        "https://example.com/a.png", "http://127.0.0.1/", "file:///etc/passwd", "../a.png",
        "ftp://a/b,c", "javascript:alert(1)",
    ],
}  # fmt: skip
"""Under ``images``; one that is no list is one picture."""

SETTINGS: dict[str, list[Any]] = {
    "n": [0, -1, 17, 1000, "four", 1.5, None, [], 2**70],
    "max_new_tokens": [0, -5, 65, "many", 1.5, {}],
    "temperature": [-0.1, 2.1, "hot", [], 1e308],
    "seed": [-1, 2**63, "seed", 0.5],
    "language": ["cobol", "", 1, None, "CadQuery"],
    "model": ["gpt-4o", "", "../box", 1, []],
    "stream": ["perhaps", 2, [], None],
    "colour": ["red", 1, None, {}],
}
"""Values that a setting cannot have, or settings that there are not."""

RAW: list[Request] = [
    {},
    {"content": b"x", "headers": {"content-type": "text/plain"}},
    {"content": PNG, "headers": {"content-type": "image/png"}},
    {"content": b"a=b", "headers": {"content-type": "application/x-www-form-urlencoded"}},
    {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
    {"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=a"}},
    {"content": b'{"images"', "headers": JSON},
    {"content": b"\xff\xfe", "headers": JSON},
    {"content": b"[" * 100_000, "headers": JSON},
    {"content": b'{"images":' * 10_000, "headers": JSON},
    {"content": b"", "headers": JSON},
    {"content": b"null", "headers": JSON},
    {"content": b'{"images": ["a"], "n": NaN}', "headers": JSON},
    {"json": [BASE64]},
    {"json": {"images": [BASE64], "n": 2, "temperature": 0}},
    {"json": {"images": [BASE64] * 5}},
    {"files": [("image", PNG)] * 5},
    {"files": {"picture": PNG}},
    {"data": {"image": "x"}, "files": {"other": PNG}},
    {"files": {"image": bytes(21 * 2**20)}},
]
"""Requests that are wrong as a whole."""


def every() -> Iterator[Bad]:
    """More than 300 of them."""
    for kind, made in FILES.items():
        for number in range(14):
            yield Bad(f"file: {kind}", {"files": {"image": ("a.png", made(number), "image/png")}})
    for kind in ("cut png", "garbled jpeg", "of another kind"):
        for number in range(10):
            text = base64.b64encode(FILES[kind](number)).decode()
            yield Bad(f"base64: {kind}", {"json": {"images": [text]}})
    for kind, values in BODIES.items():
        for value in values:
            images = [value] if isinstance(value, str) and value else value
            yield Bad(f"json: {kind}", {"json": {"images": images}})
    for name, values in SETTINGS.items():
        for value in values:
            yield Bad(f"setting: {name}", {"json": {"images": [BASE64]} | {name: value}})
    for request in RAW:
        yield Bad("the whole request", request)
