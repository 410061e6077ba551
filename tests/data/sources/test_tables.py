import json

import pytest

from cadvlm.data.sources import tables
from cadvlm.errors import InputError
from cadvlm.sequences.errors import Unreadable
from cadvlm.storage import Folder

ROWS = [
    {"id": str(number), "text": f'a "{number}",\nzwölf ÅΩ ' + "x" * number} for number in range(7)
]


def written(suffix: str) -> bytes:
    if suffix == "json":
        return b"\xef\xbb\xbf" + json.dumps(ROWS, indent=1, ensure_ascii=False).encode()
    if suffix == "jsonl":
        return "\r\n\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode()
    lines = [f'{row["id"]},"{row["text"].replace(chr(34), chr(34) * 2)}"' for row in ROWS]
    return "\r\n".join(["id,text", *lines, ""]).encode()


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv"])
@pytest.mark.parametrize(("rows", "block"), [(1, 5), (3, 64), (100, tables.BLOCK)])
def test_shards_hold_every_record_once_and_in_order(tmp_path, suffix, rows, block):
    name, folder = f"t.{suffix.upper()}", Folder(str(tmp_path))
    (tmp_path / name).write_bytes(written(suffix))
    shards = list(tables.shards(folder, name, rows, block=block))
    assert len(shards) == -(-len(ROWS) // rows)
    records = [record for shard in shards for record in tables.read(folder, shard)]
    assert [record.number for record in records] == list(range(len(ROWS)))
    assert [record.fields for record in records] == ROWS


def test_the_limit_cuts_the_last_shard(tmp_path):
    (tmp_path / "t.json").write_bytes(written("json"))
    folder = Folder(str(tmp_path))
    *_, last = tables.shards(folder, "t.json", 3, limit=5)
    assert [record.number for record in tables.read(folder, last)] == [3, 4]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.json", b'[{"id": 1}, {"id": ', "not JSON from byte 12 on; is the file cut short"),
        ("t.json", b'[{"id": 1} {"id": 2}]', "not JSON from byte 11 on"),
        ("t.json", b'{"id": 1}', "expected a JSON array of records"),
        ("t.json", b"[]", "holds no records"),
        ("t.jsonl", b"\n \n", "holds no records"),
        ("t.csv", b"id,text\n", "holds no records"),
        ("t.csv", b'id,text\n1,"a\n2,b\n', "never closed"),
    ],
)
def test_a_broken_table_is_told_from_one_that_is_whole(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    for block in (4, tables.BLOCK):
        with pytest.raises(InputError, match=message):
            list(tables.shards(Folder(str(tmp_path)), name, 2, block=block))


def test_a_record_that_is_none_says_so(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"id": 1}\n{"id"\n[1]\n')
    folder = Folder(str(tmp_path))
    [shard] = tables.shards(folder, "t.jsonl", 9)
    good, broken, other = (record.fields for record in tables.read(folder, shard))
    assert good == {"id": 1}
    assert isinstance(broken, Unreadable)
    assert (broken.reason, other.reason) == ("corrupt_json", "not_a_record")
