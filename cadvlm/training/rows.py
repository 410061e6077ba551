"""The rows that are trained on, each within reach.

Training reads rows in shuffled order, and Parquet gives them by the hundred. So every machine makes
its own copy on its disk, uncompressed as Arrow has it in memory, and maps it: a row costs the
reading of its own bytes, the workers of the machine share what is cached of it, and neither the
split nor its pictures need to fit into memory.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import Counter
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import ray.train
import torch.distributed as dist

from cadvlm.config.train import TrainConfig
from cadvlm.dataset import SAMPLE_SCHEMA, Dataset
from cadvlm.training.feed import COLUMNS
from cadvlm.training.mixture import REPLAY, Mixture
from cadvlm.training.order import Facts, Rows

_HAS_CODE = pc.field("code").is_valid()

_COLUMNS = (*COLUMNS, "source", "n_tokens", "n_faces", "operations")


class Census(NamedTuple):
    """The training split, counted."""

    usable: Counter[str]
    """Rows that are trained on, by source."""

    without_code: Counter[str]
    """Shapes alone, by source: there is nothing to learn to write."""

    too_long: int
    """Programs longer than ``max_tokens``."""


def census(dataset: Dataset, max_tokens: int | None) -> Census:
    """Count the rows; see :meth:`cadvlm.dataset.Dataset.read` for what is raised."""
    counted, without_code = _by_source(dataset, usable(max_tokens)), _by_source(dataset, ~_HAS_CODE)
    rest = dataset.count("train") - counted.total() - without_code.total()
    return Census(counted, without_code, too_long=rest)


def usable(max_tokens: int | None) -> pads.Expression:
    """Which rows are trained on."""
    return _HAS_CODE if max_tokens is None else _HAS_CODE & (pc.field("n_tokens") <= max_tokens)


def _by_source(dataset: Dataset, keep: pads.Expression) -> Counter[str]:
    counted: Counter[str] = Counter()
    for batch in dataset.batches("train", ["source"], 65_536, keep):
        counted.update(batch["source"].to_pylist())
    return counted


def shared(dataset: Dataset, split: str, keep: pads.Expression, run: str) -> pa.Table:
    """The rows to keep of a split, which one worker of every machine copies for all that are there.

    All workers of the run, which is named by its folder, call this together.
    """
    context = ray.train.get_context()
    name = hashlib.sha256(run.encode()).hexdigest()[:16]
    file = f"cadvlm-{name}-{context.get_node_rank()}-{split}.arrow"
    path, first = os.path.join(tempfile.gettempdir(), file), context.get_local_rank() == 0
    if first:
        copy(dataset, split, keep, path)
    dist.barrier()
    table = mapped(path)
    dist.barrier()
    if first:
        os.unlink(path)
    return table


def copy(dataset: Dataset, split: str, keep: pads.Expression, path: str) -> None:
    """Write the rows to keep of a split, in their order, to a file for :func:`mapped`."""
    schema = pa.schema([SAMPLE_SCHEMA.field(name) for name in _COLUMNS])
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for batch in dataset.batches(split, _COLUMNS, 1024, keep):
            writer.write_batch(batch)


def mapped(path: str) -> pa.Table:
    """A file of :func:`copy`, whose rows are read when they are used.

    It may be removed at once: what is mapped stays until nobody maps it any more.
    """
    return pa.ipc.open_file(pa.memory_map(path)).read_all()


def spread(table: pa.Table, count: int) -> pa.Table:
    """So many rows from all over a table, or all when it has fewer; none of them is read."""
    if len(table) <= count:
        return table
    return pa.concat_tables([table.slice(row * len(table) // count, 1) for row in range(count)])


def with_replay(table: pa.Table, earlier: pa.Table, count: int) -> pa.Table:
    """The rows of two datasets. Of the second, so many from all over it are of the source
    :data:`~cadvlm.training.mixture.REPLAY`, and the others of none, which nothing draws."""
    drawn = np.diff(np.arange(len(earlier) + 1) * count // len(earlier)) > 0
    source = pa.array(np.where(drawn, REPLAY, ""), pa.string())
    place = earlier.column_names.index("source")
    return pa.concat_tables([table, earlier.set_column(place, table.field("source"), source)])


def facts(table: pa.Table, config: TrainConfig, mixture: Mixture) -> Facts:
    """What the order goes by, of every row."""
    source = pc.index_in(table["source"], pa.array(list(mixture.rows)))
    pictures = _numbers(pc.list_value_length(table["images"]))
    texts = [_numbers(pc.binary_length(table[name])) for name in ("prompt", "plan", "code")]
    text = sum(texts[1:], texts[0])
    # A picture is worth many words, and of all batches few should have samples with and without.
    length = pictures * (text.max() + 1) + text
    return Facts(_numbers(source, -1), length, _complexity(table, config))


def _complexity(table: pa.Table, config: TrainConfig) -> Rows:
    by = config.curriculum.by if config.curriculum else "n_tokens"
    column = table[by]
    return _numbers(pc.list_value_length(column) if by == "operations" else column)


def _numbers(values: pa.ChunkedArray, missing: int = 0) -> Rows:
    numbers: Rows = pc.fill_null(values.cast(pa.int64()), missing).to_numpy()
    return numbers
