import io
import json

import pytest
from PIL import Image

from cadvlm.codegen import openecad
from cadvlm.sequences.deepcad import read
from tests.data.sources.reading import parts, reasons, rows, units
from tests.sequences.onshape import circle, prism, square

ASKED = "This image is a view of a 3D model. Please try to use OpenECAD-style API."
SEQUENCE = read(prism(square(0.01), [circle(0.005, 0.005, 0.002)]))


def conversation(name: str, code: str) -> dict:
    return {
        "id": name,
        "image": f"{name}.jpg",
        "conversations": [
            {"from": "human", "value": f"<image>\n{ASKED}"},
            {"from": "gpt", "value": f"Of course, here are the codes:\n```python\n{code}```"},
        ],
    }


@pytest.fixture
def data(tmp_path):
    """Conversations in both dialects, one broken; a picture for one of them; a design."""
    dialects = {name: openecad.write(SEQUENCE, name).code for name in ("first", "second")}
    table = [conversation(name, code) for name, code in dialects.items()]
    table += [conversation("loop", "for i in x:\n    pass\n"), {"id": "odd", "image": "odd.jpg"}]
    (tmp_path / "code_default_directout_3k.json").write_text(json.dumps(table, indent=4))
    (tmp_path / "images").mkdir()
    Image.new("RGB", (40, 30), "red").save(tmp_path / "images" / "first.jpg")
    (tmp_path / "deepcad_json").mkdir()
    (tmp_path / "deepcad_json" / "00000069.json").write_text(prism(square(0.02)))
    return tmp_path


def test_programs_of_both_dialects_are_written_anew(data):
    found = rows("openecad", data)
    assert set(parts(found)) == {"first", "second", "00000069"}
    assert reasons(found) == {"loop": "forbidden", "odd": "no_conversation"}
    for part in parts(found).values():
        assert part.program.language == "cadquery"
        assert part.ours
        assert part.prompt is None


def test_a_row_keeps_its_words_where_its_language_is_asked_for(data):
    found = rows("openecad", data, {"language": "openecad"})
    part = found["second"]
    assert part.program == openecad.write(SEQUENCE, "second")
    assert (part.ours, part.prompt) == (False, ASKED)
    assert (found["00000069"].ours, found["00000069"].program.language) == (True, "openecad")


def test_pictures_are_the_datasets_where_it_has_them(data):
    found = rows("openecad", data)
    [picture] = found["first"].images
    assert (picture.width, picture.height, picture.style) == (40, 30, "shipped")
    assert Image.open(io.BytesIO(picture.png)).format == "PNG"
    assert found["second"].images is None
    assert rows("openecad", data, pictures="drawn")["first"].images is None


def test_the_limit_counts_designs_and_rows(data):
    assert set(rows("openecad", data, limit=1)) == {"00000069"}
    assert set(rows("openecad", data, limit=3)) == {"00000069", "first", "second"}
    assert len(units("openecad", data / "code_default_directout_3k.json")) == 2


def test_the_published_examples_are_accounted_for(real_data):
    found = rows("openecad", real_data / "openecad")
    assert (len(found), reasons(found)) == (19, {})
