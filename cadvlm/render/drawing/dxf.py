"""A drawing as DXF: layers by kind of line, true circles and arcs, texts that can be edited."""

from __future__ import annotations

import io
from math import atan2, degrees

import numpy as np
from ezdxf import units
from ezdxf._options import options
from ezdxf.document import Drawing
from ezdxf.enums import TextEntityAlignment
from ezdxf.filemanagement import new
from ezdxf.layouts.layout import Modelspace

from cadvlm.render.drawing.sheet import Label, Line, Sheet, Stroke

LABELS = "TEXT"
"""Layer of texts."""

_SPELT = {"⌀": "%%c", "↧": "DEPTH "}
"""Signs that the fonts of CAD programs lack, or that DXF writes in its own way."""


def dxf(sheet: Sheet) -> bytes:
    """Write a drawing as a DXF file (AutoCAD 2010), one unit for each millimetre of paper."""
    stream, before = io.StringIO(), options.write_fixed_meta_data_for_testing
    # No date and no random identifiers, so that equal drawings are equal files.
    options.write_fixed_meta_data_for_testing = True
    try:
        _document(sheet).write(stream)
    finally:
        options.write_fixed_meta_data_for_testing = before
    return stream.getvalue().encode()


def _document(sheet: Sheet) -> Drawing:
    document = new("R2010", units=units.MM)
    for line in Line:
        style = line.value
        lengths = [length * (-1) ** number for number, length in enumerate(style.dashes)]
        if lengths:
            document.linetypes.add(line.name, pattern=[sum(style.dashes), *lengths])
        kind = line.name if lengths else "CONTINUOUS"
        document.layers.add(line.name, linetype=kind, lineweight=round(style.width * 100))
    document.layers.add(LABELS, lineweight=35)
    space = document.modelspace()
    for stroke in sheet.ink.strokes:
        _stroke(space, stroke)
    for arrow in sheet.ink.arrows:
        corners = arrow.corners().tolist()
        space.add_solid([*corners, corners[2]], dxfattribs={"layer": Line.DIMENSION.name})
    for label in sheet.ink.labels:
        _label(space, label)
    return document


def _stroke(space: Modelspace, stroke: Stroke) -> None:
    layer, points = {"layer": stroke.line.name}, stroke.points
    if stroke.circle is None:
        space.add_lwpolyline(points.tolist(), dxfattribs=layer)
        return
    x, y, radius = stroke.circle
    if np.allclose(points[0], points[-1], atol=1e-6 * radius):
        space.add_circle((x, y), radius, dxfattribs=layer)
        return
    start, end = (degrees(atan2(py - y, px - x)) for px, py in (points[0], points[-1]))
    space.add_arc((x, y), radius, start, end, dxfattribs=layer)


def _label(space: Modelspace, label: Label) -> None:
    """Fitted between the ends that it has in the other formats, whatever the font."""
    text, box = label.text, label.box
    for sign, spelt in _SPELT.items():
        text = text.replace(sign, spelt)
    rotation = 90 if label.upright else 0
    attributes = {"layer": LABELS, "height": label.height, "rotation": rotation}
    end = (box.right, box.top) if label.upright else (box.right, box.bottom)
    entity = space.add_text(text, dxfattribs=attributes)
    entity.set_placement(label.at, end, align=TextEntityAlignment.FIT)
