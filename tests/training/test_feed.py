import copy

import pyarrow as pa
import pytest
import torch

from cadvlm.codegen.answer import with_plan
from cadvlm.dataset import SAMPLE_SCHEMA
from cadvlm.errors import InputError
from cadvlm.models.parts import Part, part_of
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


def _rows(*changes) -> pa.Table:
    made = [sample(i, "train").to_row() | change for i, change in enumerate(changes)]
    return pa.Table.from_pylist(made, schema=SAMPLE_SCHEMA).select(COLUMNS)


TEXT = {"images": [], "prompt": "A box of 5 by 5 by 10."}


def test_row_with_a_plan_is_answered_with_plan_and_code(tiny):
    feed = Feed(_rows({"plan": "One box."}, {}), tiny.processor, torch.float32, 1.0)
    for row, answer in enumerate([with_plan("One box.", code(4)), code(5)]):
        labels = feed.batch([row])["labels"]
        assert tiny.processor.decode(labels[labels != -100][:-1]) == answer


def test_text_and_pictures_share_a_batch(tiny):
    batch = Feed(_rows(TEXT, {}, TEXT), tiny.processor, torch.float32, 1.0).batch([0, 1, 2])
    pictures = (batch["input_ids"] == tiny.processor.image_token_id).sum(dim=1)
    assert pictures.tolist() == [0, 4, 0]
    assert batch["pixel_values"].shape[0] == 1


def _gradients(model, batch) -> dict[str, torch.Tensor]:
    model.zero_grad(set_to_none=True)
    model(**batch).loss.backward()
    return {name: w.grad for name, w in model.named_parameters() if w.grad is not None}


def test_batch_of_text_alone_learns_from_its_text_and_uses_all_weights(tiny):
    rows = _rows(TEXT, {**TEXT, "prompt": "A box."}, {})
    feed = Feed(rows, tiny.processor, torch.float32, 1.0)
    model, batch = copy.deepcopy(tiny.model), feed.batch([0, 1])
    text, pictured = (_gradients(model, feed.batch(rows)) for rows in ([0, 1], [2]))
    assert text.keys() == pictured.keys()
    seeing = [name for name in text if part_of(name) != Part.LANGUAGE]
    assert seeing
    assert not any(text[name].any() for name in seeing)

    plain = encode(tiny.processor, [TEXT["prompt"], "A box."], [[], []], [code(4), code(5)])
    assert "pixel_values" not in plain
    losses = [model(**inputs).loss.item() for inputs in (batch, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
