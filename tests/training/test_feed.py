import pyarrow as pa
import pytest
import torch

from cadvlm.errors import InputError
from cadvlm.models.prompt import encode
from cadvlm.records import PROMPT
from cadvlm.training.feed import COLUMNS, Feed
from tests.training.samples import code, picture, sample


@pytest.fixture
def rows() -> pa.Table:
    shards = [[sample(i, "train").to_row() for i in range(start, start + 5)] for start in (0, 5)]
    tables = [pa.Table.from_pylist(shard).select(COLUMNS) for shard in shards]
    return pa.concat_tables(tables)


def _assert_same(batch, expected):
    assert batch.keys() == expected.keys()
    assert all(torch.equal(batch[name], expected[name]) for name in expected)


def test_batch_is_what_the_prompt_door_makes_of_its_rows(rows, tiny):
    chosen = [7, 0, 3]
    sides = [4 + row for row in chosen]
    expected = encode(
        tiny.processor, [PROMPT] * 3, [[picture(s)] for s in sides], [code(s) for s in sides]
    )
    _assert_same(Feed(rows, tiny.processor, torch.float32, 1.0).batch(chosen), expected)


@pytest.mark.parametrize("cache_gb", [0.0, 30e-6, 1.0])
def test_remembered_samples_equal_fresh_ones(rows, tiny, cache_gb):
    feed = Feed(rows, tiny.processor, torch.float32, cache_gb)
    first = feed.batch([1, 2, 3, 1])
    _assert_same(feed.batch([1, 2, 3, 1]), first)


def test_memory_is_bounded(rows, tiny):
    feed = Feed(rows, tiny.processor, torch.bfloat16, cache_gb=20_000 / 2**30)
    feed.batch(range(10))
    assert 10_000 < feed.nbytes <= 20_000


def test_batches_come_in_the_order_of_the_plan(rows, tiny):
    feed = Feed(rows, tiny.processor, torch.float32, 1.0)
    plan = [[row, row + 1] for row in range(9)]
    batches = list(feed.batches(plan))
    assert len(batches) == 9
    for chosen, batch in zip(plan, batches, strict=True):
        _assert_same(batch, feed.batch(chosen))


def test_pictures_come_in_the_precision_asked_for(rows, tiny):
    batch = Feed(rows, tiny.processor, torch.bfloat16, 1.0).batch([0])
    assert batch["pixel_values"].dtype == torch.bfloat16
    assert batch["input_ids"].dtype == torch.int64


def test_picture_that_is_none_is_named_by_its_sample(tiny):
    row = sample(3, "train").to_row()
    row["images"][0]["png"] = b"nothing"
    rows = pa.Table.from_pylist([row]).select(COLUMNS)
    with pytest.raises(InputError, match="square-3"):
        Feed(rows, tiny.processor, torch.float32, 1.0).batch([0])
