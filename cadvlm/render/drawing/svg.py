"""A drawing as SVG: millimetres, one path for each kind of line, texts readable by machines."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from cadvlm.render.drawing.sheet import Line, Sheet


def svg(sheet: Sheet) -> bytes:
    """Write a drawing as an SVG file."""
    width, height = _number(sheet.width), _number(sheet.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}">',
        f"<title>{escape(sheet.title)}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        '<g fill="none" stroke="#000" stroke-linecap="round" stroke-linejoin="round">',
    ]
    for line in Line:
        paths = [_path(s.points, sheet.height) for s in sheet.ink.strokes if s.line is line]
        if paths:
            style = line.value
            dashes = " ".join(map(_number, style.dashes))
            cap = f' stroke-linecap="butt" stroke-dasharray="{dashes}"' if dashes else ""
            parts.append(
                f'<path id="{line.name.lower()}" stroke-width="{_number(style.width)}"{cap} '
                f'd="{"".join(paths)}"/>'
            )
    for label in sheet.ink.labels:
        letters = "".join(_path(points, sheet.height) for points in label.strokes())
        parts.append(
            f'<path role="img" aria-label={quoteattr(label.text)} '
            f'stroke-width="{_number(label.stroke_width)}" d="{letters}"/>'
        )
    parts.append("</g>")
    arrows = "".join(_path(arrow.corners(), sheet.height) + "z" for arrow in sheet.ink.arrows)
    if arrows:
        parts.append(f'<path id="arrows" d="{arrows}"/>')
    return "\n".join([*parts, "</svg>\n"]).encode()


def _path(points: NDArray[np.float64], height: float) -> str:
    pairs = (f"{_number(x)} {_number(height - y)}" for x, y in points.tolist())
    return "M" + "L".join(pairs)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
