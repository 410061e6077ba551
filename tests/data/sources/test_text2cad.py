import csv
import json

import pytest

from cadvlm import execution
from cadvlm.storage import Folder
from tests.data.sources.reading import parts, reasons, rows
from tests.sequences.onshape import prism, square
from tests.sequences.test_text2cad import SQUARE, document, part

LEVELS = ("abstract", "beginner", "intermediate", "expert")


def told(uid: str, **texts: str) -> dict[str, str]:
    return {"uid": uid, **{level: f'A "{level}" plate,\nof {uid}' for level in LEVELS}, **texts}


@pytest.fixture
def data(tmp_path):
    """A table of three parts: one with its design, one without a text, one without a design."""
    design = json.loads(prism(square(0.04, x=0.01, y=0.02), one=0.02))
    low, high = {"x": 0.01, "y": 0.02, "z": 0.0}, {"x": 0.05, "y": 0.06, "z": 0.02}
    design["properties"] = {"bounding_box": {"min_point": low, "max_point": high}}
    for name in ("0000/00000007", "00000011"):
        path = tmp_path / "cad_json" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(design))
    table = [told("0000/00000007"), told("0000/00000011", expert=""), told("0042/00420001")]
    with (tmp_path / "text2cad_v1.1.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["uid", *LEVELS])
        writer.writeheader()
        writer.writerows(table)
    return tmp_path


def test_every_text_is_a_row_or_a_refusal(data):
    found = rows("text2cad", data)
    assert len(found) == 12
    assert len(parts(found)) == 7
    missing = {f"0042/00420001-{level}": "no_design" for level in LEVELS}
    assert reasons(found) == {"0000/00000011-expert": "no_text", **missing}
    part = found["0000/00000007-expert"]
    assert part.prompt == 'A "expert" plate,\nof 0000/00000007'
    assert (part.images, part.ours) == ((), True)
    assert len({part.program for part in parts(found).values()}) == 1


def test_levels_can_be_chosen_and_pictures_added(data):
    found = rows("text2cad", data, levels=["beginner"], pictures="drawn", limit=2)
    assert set(found) == {"0000/00000007-beginner", "0000/00000011-beginner"}
    assert all(part.images is None and part.prompt for part in found.values())


def test_without_texts_a_part_is_picture_to_code(data):
    found = rows("text2cad", data, levels=[], limit=1)
    [part] = found.values()
    assert (part.id, part.prompt, part.images) == ("0000/00000007", None, None)


def test_designs_may_lie_elsewhere(data):
    (data / "cad_json").rename(data / "designs")
    assert not parts(rows("text2cad", data))
    assert len(parts(rows("text2cad", data, designs=str(data / "designs")))) == 7


def test_the_data_may_lie_on_other_storage(data):
    Folder("memory://text2cad").upload(str(data))
    for path in ("memory://text2cad", "memory://text2cad/text2cad_v1.1.csv"):
        assert len(parts(rows("text2cad", path))) == 7


def test_the_part_has_the_place_and_the_size_that_its_texts_speak_of(data):
    part = rows("text2cad", data)["0000/00000007-expert"]
    solid = execution.run(part.program).solid
    assert solid.bbox == pytest.approx((0, 0, 0, 0.75, 0.75, 0.375))


def test_the_authors_own_designs_are_read_as_they_are(data):
    (data / "minimal_json" / "0000/00000007/minimal_json").mkdir(parents=True)
    own = document(part({"loop_1": SQUARE}, angles=(0, 0, -90)))
    (data / "minimal_json/0000/00000007/minimal_json/00000007.json").write_text(own)
    solid = execution.run(rows("text2cad", data)["0000/00000007-expert"].program).solid
    assert solid.bbox == pytest.approx((0, 0, 0, 0.75, 0.5, 0.5))


def test_the_real_texts_have_no_designs_beside_them_and_say_so(real_data):
    found = rows("text2cad", real_data / "text2cad")
    assert len(found) == 200
    assert set(reasons(found).values()) == {"no_design"}
    assert not parts(found)
    detail = found["0032/00321578-expert"].detail
    assert "00321578.json has neither 'parts' nor a 'sequence'" in detail
