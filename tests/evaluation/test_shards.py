import pyarrow as pa
import pytest

from cadvlm.evaluation.shards import Shards
from cadvlm.storage import Folder

SCHEMA = pa.schema({"id": pa.string(), "iou": pa.float64()})


def test_rows_are_kept_when_the_work_fails(tmp_path):
    folder = Folder(str(tmp_path / "rows"))

    def work():
        with Shards(folder, SCHEMA) as shards:
            shards.add([{"id": "a", "iou": 0.5}])
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        work()
    assert Shards(folder, SCHEMA).read().to_pylist() == [{"id": "a", "iou": 0.5}]


def test_a_second_run_adds_to_the_first(tmp_path):
    folder = Folder(str(tmp_path / "rows"))
    for name in "abc":
        with Shards(folder, SCHEMA) as shards:
            shards.add([{"id": name, "iou": None}])
    assert shards.read()["id"].to_pylist() == ["a", "b", "c"]
    assert len(folder.names(".parquet")) == 3


def test_an_empty_folder_reads_as_no_rows(tmp_path):
    table = Shards(Folder(str(tmp_path / "rows")), SCHEMA).read()
    assert table.num_rows == 0
    assert table.schema == SCHEMA
