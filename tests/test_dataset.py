"""A dataset folder opens, counts and reads in the order of its shards."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cadvlm.dataset import SAMPLE_SCHEMA, Dataset
from cadvlm.errors import InputError
from cadvlm.storage import Folder


def rows(*ids: str) -> pa.Table:
    blank = dict.fromkeys(SAMPLE_SCHEMA.names)
    return pa.Table.from_pylist([{**blank, "id": one} for one in ids], schema=SAMPLE_SCHEMA)


@pytest.fixture
def folder(tmp_path) -> str:
    (tmp_path / "train").mkdir()
    pq.write_table(rows("c", "d", "e"), tmp_path / "train" / "part-00001.parquet")
    pq.write_table(rows("a", "b"), tmp_path / "train" / "part-00000.parquet")
    Folder(str(tmp_path)).write_json("manifest.json", {"splits": {"train": 5, "val": 0}})
    return str(tmp_path)


def test_split_reads_shard_by_shard(folder):
    dataset = Dataset(folder)
    assert dataset.count("train") == 5
    assert dataset.read("train", ["id"])["id"].to_pylist() == ["a", "b", "c", "d", "e"]
    assert dataset.read("train").schema == SAMPLE_SCHEMA


def test_limit_takes_the_first_rows(folder):
    assert Dataset(folder).read("train", ["id"], limit=3)["id"].to_pylist() == ["a", "b", "c"]


def test_batches_hold_every_row_once(folder):
    batches = list(Dataset(folder).batches("train", ["id"], size=2))
    assert max(batch.num_rows for batch in batches) <= 2
    assert [one for batch in batches for one in batch["id"].to_pylist()] == list("abcde")


def test_empty_split_says_so(folder):
    with pytest.raises(InputError, match="the val split is empty"):
        Dataset(folder).read("val")


def test_folder_without_a_manifest_is_no_dataset(tmp_path):
    with pytest.raises(InputError, match=r"no dataset here .*manifest\.json"):
        Dataset(str(tmp_path))
