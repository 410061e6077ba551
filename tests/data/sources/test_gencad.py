import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from cadvlm.records import PROMPT
from tests.data.sources.reading import parts, reasons, rows, units
from tests.parts import BOX, CYLINDER

CODES = [BOX.program.code, CYLINDER.program.code, BOX.program.code]


def png(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), "white").save(file, "PNG")
    return file.getvalue()


def pictures(folder, *names: str):
    (folder / "images").mkdir()
    for name in names:
        (folder / "images" / name).write_bytes(png(16))


def test_questions_are_read_with_their_pictures(tmp_path):
    table = [
        {"question_id": i, "image": f"0000000{i}_0.png", "text": PROMPT, "ground_truth": code}
        for i, code in enumerate(CODES)
    ]
    lines = [*map(json.dumps, table), "{", "[1]"]
    (tmp_path / "test.jsonl").write_text("\n".join(lines))
    pictures(tmp_path, "00000000_0.png", "00000001_0.png")
    found = rows("gencad", tmp_path)
    assert set(parts(found)) == {"00000000", "00000001"}
    assert sorted(reasons(found).values()) == ["corrupt_json", "missing_picture", "not_a_record"]
    part = found["00000001"]
    assert (part.prompt, part.ours, part.program.code) == (PROMPT, False, CODES[1])
    assert part.program.operations == ("circle", "extrude")
    [picture] = part.images
    assert (picture.view, picture.style, picture.width) == ("iso", "shipped", 16)
    drawn = rows("gencad", tmp_path, pictures="drawn")
    assert set(parts(drawn)) == {"00000000", "00000001", "00000002"}
    assert all(part.images is None for part in parts(drawn).values())


def test_conversations_are_read(tmp_path):
    turns = [{"from": "human", "value": f"<image>\n{PROMPT}"}, {"from": "gpt", "value": CODES[0]}]
    table = [{"id": "1", "image": "00000005_0.png", "conversations": turns}, {"id": "2"}]
    (tmp_path / "train.json").write_text(json.dumps(table))
    pictures(tmp_path, "00000005_0.png")
    found = rows("gencad", tmp_path / "train.json")
    assert reasons(found) == {"2": "no_conversation"}
    assert found["00000005"].prompt == PROMPT
    assert found["00000005"].images


def test_parquet_is_read_by_ranges_of_rows(tmp_path):
    table = [
        {
            "image": {"bytes": png(16 + i), "path": f"{i}.png"},
            "deepcad_id": f"0000/0000000{i}",
            "cadquery": code,
            "prompt": PROMPT,
        }
        for i, code in enumerate(CODES)
    ]
    (tmp_path / "data").mkdir()
    for name, part in (("train", table[:3]), ("test", table[:1])):
        path = tmp_path / "data" / f"{name}-00000-of-00001.parquet"
        pq.write_table(pa.Table.from_pylist(part), path, row_group_size=2)
    train = tmp_path / "data" / "train-00000-of-00001.parquet"
    found = rows("gencad", train)
    assert [part.images[0].width for part in found.values()] == [16, 17, 18]
    assert set(found) == {f"0000/0000000{i}" for i in range(3)}
    assert len(units("gencad", train)) == 2
    assert len(units("gencad", tmp_path)) == 3
    assert set(rows("gencad", tmp_path, limit=1)) == {"0000/00000000"}


def test_the_published_samples_are_all_read(real_data):
    found = rows("gencad", real_data / "gencad_code")
    assert (len(found), reasons(found)) == (20, {})
    steps = {path.stem for path in (real_data / "gencad_code" / "steps").iterdir()}
    assert set(found) == steps
    assert {part.images[0].width for part in found.values()} == {448}
