"""A drawing as PDF: one page of paths, texts that can be searched and copied, nothing embedded.

Written by hand after ISO 32000-1, which is short for lines on a page and the same for every run.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cadvlm.render.drawing.sheet import Label, Line, Sheet

POINTS = 72 / 25.4
"""Points in a millimetre."""

CAPITALS = 0.72
"""Height of Helvetica's capitals in sizes of the font."""

_SPELT = {"⌀": "Ø", "↧": "depth "}
"""Signs that Helvetica lacks."""


def pdf(sheet: Sheet) -> bytes:
    """Write a drawing as a PDF file."""
    content = zlib.compress("\n".join(_content(sheet)).encode())
    width, height = _number(sheet.width * POINTS), _number(sheet.height * POINTS)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] "
        "/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica "
        "/Encoding /WinAnsiEncoding >> >> >> "
        "/Contents 4 0 R >>".encode(),
        f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode()
        + content
        + b"\nendstream",
        b"<< /Title " + _text(sheet.title).encode() + b" /Producer (cadvlm) >>",
    ]
    file, offsets = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    return (
        file
        + (
            f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
            f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R >>\n"
            f"startxref\n{len(file)}\n%%EOF\n"
        ).encode()
    )


def _content(sheet: Sheet) -> Iterator[str]:
    yield f"{_number(POINTS)} 0 0 {_number(POINTS)} 0 0 cm 1 j"
    for line in Line:
        style = line.value
        cap = 0 if style.dashes else 1
        dashes = " ".join(map(_number, style.dashes))
        yield f"{cap} J {_number(style.width)} w [{dashes}] 0 d"
        yield from (_path(s.points) + " S" for s in sheet.ink.strokes if s.line is line)
    yield "1 J [] 0 d"
    for label in sheet.ink.labels:
        yield f"{_number(label.stroke_width)} w"
        yield from (_path(points) + " S" for points in label.strokes())
        yield _unseen(label)
    yield from (_path(arrow.corners()) + " f" for arrow in sheet.ink.arrows)


def _path(points: NDArray[np.float64]) -> str:
    first, *others = (f"{_number(x)} {_number(y)}" for x, y in points.tolist())
    return " ".join([f"{first} m", *(f"{point} l" for point in others)])


def _unseen(label: Label) -> str:
    """The letters once more, without ink, for searching and copying."""
    text = "".join(_SPELT.get(letter, letter) for letter in label.text)
    turn = "0 1 -1 0" if label.upright else "1 0 0 1"
    at = " ".join(map(_number, label.at))
    letters = text.encode("cp1252", "replace").hex()
    return f"BT 3 Tr /F {_number(label.height / CAPITALS)} Tf {turn} {at} Tm <{letters}> Tj ET"


def _text(text: str) -> str:
    """Any letters, as UTF-16 in hexadecimal digits."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
