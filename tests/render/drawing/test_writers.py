import io
import re
import zlib
from xml.etree import ElementTree

import ezdxf
import numpy as np
import pytest
from PIL import Image

from cadvlm.render.drawing.bitmap import bitmap
from cadvlm.render.drawing.draw import draw, render
from cadvlm.render.drawing.dxf import dxf
from cadvlm.render.drawing.pdf import pdf
from cadvlm.render.drawing.sheet import Arrow, Ink, Label, Line, Sheet, Stroke, dashed
from cadvlm.render.drawing.svg import svg

PLATE = (
    "result = cq.Workplane().box(40, 30, 8).faces('>Z').workplane()"
    ".rect(30, 20, forConstruction=True).vertices().hole(4, 5)\n"
)


@pytest.fixture(scope="module")
def sheet(build) -> Sheet:
    return draw(build(PLATE), title="A <plate> & more", sheet="A4")


@pytest.mark.parametrize("write", [svg, pdf, dxf])
def test_equal_drawings_are_equal_files(build, write):
    one, other = (write(draw(build(PLATE), title="Plate")) for _ in range(2))
    assert one == other


def test_svg_is_to_scale_and_tells_its_texts(sheet):
    root = ElementTree.fromstring(svg(sheet))
    assert (root.get("width"), root.get("viewBox")) == ("210mm", "0 0 210 297")
    told = {path.get("aria-label") for path in root.iter("{http://www.w3.org/2000/svg}path")}
    assert {"4× ⌀4 ↧5", "40", "A <plate> & more"} <= told
    assert root.find("{http://www.w3.org/2000/svg}title").text == "A <plate> & more"


def test_pdf_has_one_page_whose_offsets_are_right(sheet):
    file = pdf(sheet)
    assert file.startswith(b"%PDF-1.")
    assert file.endswith(b"%%EOF\n")
    assert file.count(b"/Type /Page ") == 1
    table = int(re.search(rb"startxref\n(\d+)", file)[1])
    assert file[table:].startswith(b"xref")
    for number, offset in enumerate(re.findall(rb"(\d{10}) 00000 n", file), 1):
        assert file[int(offset) :].startswith(b"%d 0 obj" % number)


def test_pdf_can_be_searched(sheet):
    file = pdf(sheet)
    start = file.index(b"stream\n") + 7
    content = zlib.decompress(file[start : file.index(b"\nendstream")]).decode()
    texts = [bytes.fromhex(text).decode("cp1252") for text in re.findall(r"<(\w+)> Tj", content)]
    assert {"4× Ø4 depth 5", "40", "A <plate> & more"} <= set(texts)


def test_dxf_is_read_back_with_layers_arcs_and_texts(sheet):
    document = ezdxf.read(io.StringIO(dxf(sheet).decode()))
    assert document.audit().errors == []
    assert document.units == ezdxf.units.MM
    space = document.modelspace()
    circles = [c for c in space.query("CIRCLE") if c.dxf.layer == Line.VISIBLE.name]
    assert len(circles) == 4 + 2  # the holes, and the symbol of the projection
    assert "4× %%c4 DEPTH 5" in {text.dxf.text for text in space.query("TEXT")}
    assert document.layers.get(Line.HIDDEN.name).dxf.linetype == Line.HIDDEN.name
    assert document.layers.get(Line.VISIBLE.name).dxf.lineweight == 50


def test_all_lines_are_in_every_format(sheet):
    count = len(sheet.ink.strokes)
    space = ezdxf.read(io.StringIO(dxf(sheet).decode())).modelspace()
    assert len(space.query("LWPOLYLINE CIRCLE ARC")) == count
    root = ElementTree.fromstring(svg(sheet))
    lines = {line.name.lower() for line in Line}
    paths = [path for path in root.iter() if path.get("id") in lines]
    assert sum(path.get("d").count("M") for path in paths) == count


@pytest.mark.parametrize("size", [96, 448, 1000])
def test_png_has_any_size(build, size):
    picture = render(draw(build(PLATE), sheet="square"), size)
    assert (picture.style, picture.width, picture.height) == ("drawing", size, size)
    image = np.asarray(Image.open(io.BytesIO(picture.png)))
    assert image.shape == (size, size)
    assert image.min() < 40
    assert np.median(image) == 255


def lines(*strokes: Stroke) -> Sheet:
    return Sheet(10, 10, "", Ink(list(strokes)))


def test_a_line_covers_what_it_is_wide():
    image = bitmap(lines(Stroke(Line.VISIBLE, np.array([(2.0, 5.0), (8.0, 5.0)]))), 100)
    assert image[50, 50] == 0
    ink = (255 - image[:, 50].astype(float)).sum() / 255
    assert ink == pytest.approx(10 * Line.VISIBLE.value.width, rel=0.05)
    assert (image[:, 10] == 255).all()


def test_thin_lines_do_not_fade_in_small_pictures():
    image = bitmap(lines(Stroke(Line.DIMENSION, np.array([(1.0, 1.0), (9.0, 8.0)]))), 20)
    assert (image.min(axis=0)[4:16] < 140).all()


def test_arrows_are_filled():
    sheet = Sheet(10, 10, "", Ink(arrows=[Arrow((9.0, 5.0), 0.0, 6.0)]))
    ink = (255 - bitmap(sheet, 100).astype(float)).sum() / 255
    assert ink == pytest.approx(60 * 20 / 2, rel=0.05)


def test_dashes_fill_a_line_from_end_to_end():
    points = np.array([(0.0, 0.0), (6.0, 0.0), (6.0, 5.0)])
    pieces = dashed(points, (3.0, 1.0))
    assert len(pieces) == 3
    np.testing.assert_allclose(pieces[0][0], points[0])
    np.testing.assert_allclose(pieces[-1][-1], points[-1])
    # The corner lies in a dash, which goes round it.
    assert any((piece == points[1]).all(axis=1).any() for piece in pieces)


@pytest.mark.parametrize("upright", [False, True])
def test_letters_stay_in_their_box(upright):
    label = Label("4× ⌀12.5 ↧0.25 R100 S", (20.0, 30.0), 3.5, upright)
    points = np.concatenate(label.strokes())
    assert (points.min(axis=0) >= np.array(label.box[:2]) - 1e-9).all()
    assert (points.max(axis=0) <= np.array(label.box[2:]) + 1e-9).all()
    reach = np.ptp(points, axis=0)[int(upright)]
    assert reach == pytest.approx(label.box.height if upright else label.box.width, rel=0.02)
