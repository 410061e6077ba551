import math

import pytest

from cadvlm.data.sources import step
from cadvlm.errors import InputError
from cadvlm.records import Refusal, Sample
from tests.data.sources import shapes
from tests.data.sources.reading import reasons, rows, units

SCRIPT = "import cadquery as cq\nr = cq.Workplane().box({}, {}, {}, centered=False)\n"


def test_shapes_of_every_kind_become_rows_without_code(tmp_path, build):
    (tmp_path / "deep").mkdir()
    for name, content in [
        ("a.STEP", shapes.step(shapes.box(1, 2, 3))),
        ("b.stp", shapes.step(shapes.assembly())),
        ("deep/c.brep", shapes.brep(shapes.box(1, 2, 3))),
        ("d.stl", shapes.mesh("stl", 1, 2, 3)),
        ("e.obj", shapes.mesh("obj", 1, 2, 3)),
    ]:
        (tmp_path / name).write_bytes(content)
    found = rows("step", tmp_path)
    samples = {row.id: row for row in build(found.values())}
    assert list(samples) == ["a", "b", "d", "deep/c", "e"]
    kinds = {id_: sample.shape_kind for id_, sample in samples.items()}
    assert kinds == {"a": "step", "b": "step", "deep/c": "brep", "d": "stl", "e": "obj"}
    for id_, sample in samples.items():
        assert (sample.code, sample.language, sample.operations) == (None, None, ())
        assert sample.shape == found[id_].shape
        assert sample.volume == pytest.approx(6 + (4 * math.pi / 3) * (id_ == "b"))
        assert len(sample.images) == 1
    assert {samples[id_].n_faces for id_ in ("d", "e")} == {None}
    assert samples["b"].n_faces == 7
    assert len({samples[id_].shape_key for id_ in ("a", "d", "deep/c", "e")}) == 1


def test_what_holds_no_solid_says_why(tmp_path, build):
    whole = shapes.step(shapes.box(1, 2, 3))
    for name, content in [
        ("cut.step", whole[: len(whole) // 2]),
        ("empty.step", b""),
        ("other.brep", b"solid"),
        ("faces.step", shapes.step(shapes.shell(1))),
        ("open.stl", shapes.mesh("stl", 1, 2, 3)[:-50]),
    ]:
        (tmp_path / name).write_bytes(content)
    refused = {row.id: row for row in build(rows("step", tmp_path).values())}
    assert all(isinstance(row, Refusal) and row.stage == "read" for row in refused.values())
    assert refused["empty"].reason == "empty_file"
    assert refused["other"].reason == "corrupt_file"
    assert refused["faces"].reason == refused["open"].reason == "no_solid"
    assert "shell" in refused["faces"].detail
    assert refused["cut"].reason in ("corrupt_file", "no_solid")


def test_a_file_too_large_to_open_is_not_opened(tmp_path):
    with open(tmp_path / "huge.step", "wb") as file:
        file.truncate(step.LARGEST + 1)
    [refused] = rows("step", tmp_path).values()
    assert (refused.reason, refused.detail) == ("too_large", "huge.step: 268 MB, at most 268")


def test_shards_end_where_files_are_large():
    sizes = [1, 1, step._SHARD, 1, step._SHARD - 1, 1, 1, 1, 1]
    assert list(step.cut("abcdefghi", sizes, 3)) == [
        ("a", "b"), ("c",), ("d", "e"), ("f", "g", "h"), ("i",)
    ]  # fmt: skip


def test_of_several_files_of_a_part_the_best_counts(tmp_path):
    for name in ("a.obj", "a.step", "a.stl", "b.obj", "b.stl", "c.obj"):
        (tmp_path / name).write_bytes(b"x")
    kinds = {id_: part.shape_kind for id_, part in rows("step", tmp_path).items()}
    assert kinds == {"a": "step", "b": "stl", "c": "obj"}
    assert units("step", tmp_path, limit=2) == [("a.step", "b.stl")]


def test_a_script_with_its_shape_is_a_row_with_code_when_both_are_the_same_part(tmp_path, build):
    whole = shapes.step(shapes.box(10, 20, 30))
    corner = SCRIPT.format(10, 20, 30)
    for name, code in [
        ("same", corner),
        ("elsewhere", corner + "r = r.rotate((0, 0, 0), (1, 1, 0), 40).translate((5, 0, 9))\n"),
        ("drilled", corner + "r = r.faces('>Z').workplane(origin=(5, 10, 0)).hole(6)\n"),
        ("inches", corner.replace("10, 20, 30", "10 / 25.4, 20 / 25.4, 30 / 25.4")),
        ("broken", "1 / 0"),
    ]:
        (tmp_path / f"{name}.step").write_bytes(whole)
        (tmp_path / f"{name}.py").write_text(code)
    (tmp_path / "alone.step").write_bytes(whole)
    built = {row.id: row for row in build(rows("step", tmp_path).values())}
    assert {id_ for id_, row in built.items() if isinstance(row, Sample)} == {
        "alone", "same", "elsewhere"
    }  # fmt: skip
    assert built["same"].code == corner
    assert (built["same"].shape, built["same"].operations) == (None, ("box",))
    assert built["alone"].code is None
    assert reasons(built) == {
        "drilled": "another_part", "inches": "another_part", "broken": "exception"
    }  # fmt: skip
    share = 1 - math.pi * 9 / 200
    assert f"IoU of {share:.3f}" in built["drilled"].detail
    assert "volumes 0.366" in built["inches"].detail


def test_scripts_may_lie_elsewhere_and_a_mirrored_part_is_another(tmp_path, build):
    code = SCRIPT.format(10, 20, 30) + "r = r.cut(cq.Workplane().box(6, 8, 20, centered=False))\n"
    whole = shapes.brep(shapes.cut(shapes.box(10, 20, 30), shapes.box(6, 8, 20)))
    for name, script in [("right", code), ("left", code + "r = r.mirror('XY')\n")]:
        for folder, suffix in [("scripts", "py"), ("shapes", "brep")]:
            (tmp_path / folder).mkdir(exist_ok=True)
            content = script.encode() if suffix == "py" else whole
            (tmp_path / folder / f"{name}.{suffix}").write_bytes(content)
    paired = rows("step", tmp_path / "shapes", scripts=str(tmp_path / "scripts"))
    left, right = build(paired.values())
    assert (left.id, left.reason) == ("left", "another_part")
    assert isinstance(right, Sample)


def test_scripts_that_are_nobodys_are_refused(tmp_path):
    (tmp_path / "shapes").mkdir()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "shapes" / "a.step").write_bytes(b"x")
    (tmp_path / "scripts" / "b.py").write_text("x = 1")
    with pytest.raises(InputError, match="no script with the name of a shape"):
        units("step", tmp_path / "shapes", scripts=str(tmp_path / "scripts"))


def test_real_shapes_are_read_or_refused_by_name(tmp_path, real_data, build):
    for path in (real_data / "freecad_library").glob("ISO7092DIN433_M*.step"):
        (tmp_path / path.name).symlink_to(path)
    built = build(rows("step", tmp_path).values())
    assert len(built) == 7
    # They hold curves and nothing else.
    washers = {f"ISO7092DIN433_M{size}FlatWasher": "no_solid" for size in ("1.6", "2")}
    assert reasons({row.id: row for row in built}) == washers
