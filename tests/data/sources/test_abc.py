import pytest

from cadvlm.errors import InputError
from tests.data.sources import shapes
from tests.data.sources.reading import rows, units

HASH = "290a9120f9f249a7a05cfe9c"


@pytest.fixture
def chunk(tmp_path):
    """A chunk as it unpacks: a folder for each model, formats apart, one model without a file."""
    box = shapes.step(shapes.box(1, 2, 3))
    for name, content in [
        (f"abc_0000_step_v00/00000000/00000000_{HASH}_step_000.step", box),
        (f"abc_0000_step_v00/00000002/00000002_{HASH}_step_001.step", box),
        (f"abc_0000_obj_v00/00000002/00000002_{HASH}_trimesh_001.obj", b"v 0 0 0"),
        (f"abc_0000_obj_v00/00000007/00000007_{HASH}_trimesh_000.obj", b""),
        (f"abc_0000_stl2_v00/00000008/00000008_{HASH}_trimesh_000.stl", b"solid"),
        (f"abc_0000_meta_v00/00000009/00000009_{HASH}_metadata_000.yml", b"id: 9"),
        ("abc_0000_step_v00/notes.step", box),
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "abc_0000_step_v00" / "00000001").mkdir()
    return tmp_path


def test_models_are_read_once_by_their_number(chunk):
    found = rows("abc", chunk)
    assert list(found) == ["00000000", "00000002", "00000007", "00000008"]
    assert found["00000002"].shape_kind == "step"
    assert found["00000007"].reason == "empty_file"
    assert units("abc", chunk, limit=1) == [
        (f"abc_0000_step_v00/00000000/00000000_{HASH}_step_000.step",)
    ]


def test_models_have_no_code(chunk, build):
    sample, *_ = build(rows("abc", chunk, limit=1).values())
    assert (sample.code, sample.volume) == (None, pytest.approx(6))


def test_other_folders_are_sent_to_the_reader_of_shapes(tmp_path):
    (tmp_path / "a.step").write_bytes(b"x")
    with pytest.raises(InputError, match=r"called as in ABC.* name=step"):
        units("abc", tmp_path)
