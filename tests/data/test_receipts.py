"""Receipts of shards, and what they add up to."""

from dataclasses import replace
from functools import partial

import pyarrow as pa

from cadvlm.data.receipts import added, receipt
from cadvlm.dataset import QUARANTINE_SCHEMA, SAMPLE_SCHEMA
from tests.training.samples import sample

NONE_REFUSED = QUARANTINE_SCHEMA.empty_table()


def table(*, plain: int, rows: int = 4) -> pa.Table:
    """A shard of squares, the first few in plain code."""
    made = [replace(sample(row, "train"), plain_instead=row < plain) for row in range(rows)]
    return pa.Table.from_pylist([sample.to_row() for sample in made], schema=SAMPLE_SCHEMA)


of = partial(receipt, refusals=NONE_REFUSED)


def test_plain_programs_in_place_of_concise_ones_are_counted():
    assert of(table(plain=3))["plain_instead"] == 3
    assert of(table(plain=0, rows=0))["plain_instead"] == 0
    whole = added([of(table(plain=3)), of(table(plain=1)), of(table(plain=0, rows=0))])
    assert (whole["read"], whole["written"], whole["plain_instead"]) == (8, 8, 4)


def test_content_hash_follows_the_rows_and_their_order():
    one, other = of(table(plain=0)), of(table(plain=0, rows=3))
    assert one["content"] == of(table(plain=0))["content"] != other["content"]
    assert added([one, other])["content"] != added([other, one])["content"]
