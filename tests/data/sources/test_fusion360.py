import json

from tests.data.sources.reading import parts, reasons, rows
from tests.sequences.test_fusion360 import document

ELLIPSE = {"type": "Ellipse3D"}
SPLINE = {"type": "NurbsCurve3D"}


def test_designs_become_parts_and_what_has_no_words_is_refused_by_name(tmp_path):
    taper = {"extent_one": {"distance": {"value": 1.0}, "taper_angle": {"value": 0.1}}}
    files = {"disc": document(), "oval": document(ELLIPSE), "wave": document(SPLINE)}
    files |= {"cone": document(**taper), "joint": json.dumps({"joints": []})}
    for name, text in files.items():
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "train_test.json").write_text(json.dumps({"train": ["disc", "oval"], "test": []}))
    found = rows("fusion360", tmp_path)
    assert set(parts(found)) == {"disc"}
    assert found["disc"].ours
    assert reasons(found) == {
        "oval": "unsupported_curve",
        "wave": "unsupported_curve",
        "cone": "taper",
        "joint": "not_fusion360",
    }
    split = str(tmp_path / "train_test.json")
    assert set(rows("fusion360", tmp_path, subset="train", split_file=split)) == {"disc", "oval"}


def test_the_published_files_are_accounted_for(real_data):
    found = rows("fusion360", real_data / "fusion360")
    assert set(parts(found)) == {"Couch", "Hexagon", "SingleSketchExtrude"}
    assert set(reasons(found).values()) == {"not_fusion360"}
    assert len(reasons(found)) == 3
