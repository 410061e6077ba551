from pathlib import Path

import pyarrow as pa
import pytest

from cadvlm.config.train import TrainConfig
from cadvlm.dataset import Dataset
from cadvlm.training.feed import COLUMNS
from cadvlm.training.mixture import Mixture
from cadvlm.training.rows import census, copy, facts, mapped, spread, usable, with_replay
from tests.training import samples

CHANGES = {
    1: {"code": None, "language": None, "source": "shapes"},
    4: {"images": [], "prompt": "A box of 8 by 8 by 10."},
    5: {"n_tokens": 900},
    7: {"source": "captions", "code": "A grey square.", "language": "text", "n_faces": None},
    8: {"plan": "One box."},
}


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    return Dataset(samples.write(tmp_path / "mixed", changes=CHANGES, train=40, val=3))


def _copied(dataset: Dataset, folder: Path, max_tokens: int | None = None) -> pa.Table:
    path = folder / "rows.arrow"
    copy(dataset, "train", usable(max_tokens), str(path))
    table = mapped(str(path))
    path.unlink()
    return table


def test_rows_are_counted_by_source_and_by_why_they_are_left_out(dataset):
    counted = census(dataset, 512)
    assert counted.usable == {"squares": 37, "captions": 1}
    assert counted.without_code == {"shapes": 1}
    assert counted.too_long == 1


def test_copy_holds_the_rows_to_keep_in_their_order_also_when_its_file_is_gone(dataset, tmp_path):
    table = _copied(dataset, tmp_path, 512)
    kept = [f"square-{row}" for row in range(40) if row not in (1, 5)]
    assert table["id"].to_pylist() == kept
    assert table.slice(6, 1)["plan"].to_pylist() == ["One box."]
    original = dataset.read("train", ["images"]).slice(39, 1)["images"].to_pylist()
    assert table.slice(37, 1)["images"].to_pylist() == original


def test_rows_are_spread_over_the_whole_table():
    table = pa.table({"row": list(range(10))})
    assert spread(table, 4)["row"].to_pylist() == [0, 2, 5, 7]
    assert spread(table, 10) == spread(table, 50) == table


def test_replayed_rows_are_from_all_over_their_dataset_and_the_others_are_drawn_by_nobody(dataset):
    earlier = pa.concat_tables([_table(dataset, "val")] * 4)
    joined = with_replay(_table(dataset, "train"), earlier, 6)
    replayed = joined["source"].to_pylist()[40:]
    assert [row for row, source in enumerate(replayed) if source == "replay"] == [1, 3, 5, 7, 9, 11]
    config = TrainConfig.parse({"dataset": "d", "out": "o"})
    known = facts(joined, config, Mixture({"squares": 38, "replay": 6}, {})).source
    assert [list(known[40:]).count(number) for number in (-1, 0, 1)] == [6, 0, 6]


def _table(dataset: Dataset, split: str) -> pa.Table:
    names = (*COLUMNS, "source", "n_tokens", "n_faces", "operations")
    return dataset.read(split, list(names))


def _facts(table: pa.Table, by: str):
    config = TrainConfig.parse({"dataset": "d", "out": "o", "curriculum": {"by": by}})
    return facts(table, config, Mixture({"squares": 38}, {"squares": 1.0}))


def test_sources_are_numbered_as_the_mixture_has_them(dataset, tmp_path):
    source = _facts(_copied(dataset, tmp_path), "n_tokens").source
    assert [row for row, number in enumerate(source) if number < 0] == [6]
    assert set(source) == {0, -1}


def test_length_is_that_of_all_texts_and_pictures_count_most(dataset, tmp_path):
    length = _facts(_copied(dataset, tmp_path), "n_tokens").length
    assert length[3] == min(length)
    assert length[7] == max(length)
    assert length[7] - length[8] == len("One box.") - (
        len(samples.code(13)) - len(samples.code(12))
    )


@pytest.mark.parametrize(
    ("by", "simplest", "others"), [("n_tokens", 20, 20), ("n_faces", 0, 6), ("operations", 1, 1)]
)
def test_complexity_is_what_is_asked_for_and_zero_where_unknown(
    dataset, tmp_path, by, simplest, others
):
    complexity = _facts(_copied(dataset, tmp_path, 512), by).complexity
    assert complexity[5] == simplest
    assert {*complexity} == {simplest, others}
