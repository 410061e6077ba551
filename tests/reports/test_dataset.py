import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cadvlm.dataset import QUARANTINE_SCHEMA
from cadvlm.errors import InputError
from cadvlm.records import Refusal
from cadvlm.reports import dataset
from cadvlm.storage import Folder
from tests.training import samples

REFUSALS = [
    Refusal("odd-1", "squares", "execute", "timeout", "killed after 10 s <b>", "while True: pass"),
    *(
        Refusal(f"twin-{n}", "squares", "filter", "duplicate", "the same shape as squares/square-1")
        for n in range(5)
    ),
]
STATISTICS = {
    "operations": {"box": 40, "hole": 3},
    "n_operations": {"1": 37, "2": 3},
    "n_faces": {"6": 40},
    "n_tokens": {"20": 40},
}


def manifest(splits, statistics) -> dict:
    written = sum(splits.values())
    books = {
        "reader": "squares",
        "path": "a/folder",
        "licence": "CC BY 4.0",
        "weight": 1.0,
        "read": written + 6,
        "written": written,
        "quarantined": 6,
        "plain_instead": 3,
        "splits": splits,
        "stages": {"execute": 1, "filter": 5},
        "reasons": {"duplicate": 5, "timeout": 1},
        "statistics": statistics,
    }
    return {
        "config": {"style": "idiomatic", "language": "cadquery", "tokenizer": None},
        "versions": {"cadvlm": "0", "cadquery": "2"},
        "splits": splits,
        "sources": {"squares": books},
        "licences": ["CC BY 4.0"],
        "excluded": {"runs/benchmark": {"parts": 7, "unmeasured": 1}},
        "statistics": statistics,
        "content_hash": "0123456789abcdef",
    }


def make(path, statistics=STATISTICS, **splits):
    path.mkdir()
    samples.write(path, **splits)
    (path / "quarantine").mkdir()
    rows = [refusal.to_row() for refusal in REFUSALS]
    table = pa.Table.from_pylist(rows, schema=QUARANTINE_SCHEMA)
    pq.write_table(table, path / "quarantine" / "part-0.parquet")
    books = manifest({"train": 0, "val": 0, "test": 0, **splits}, statistics)
    (path / "manifest.json").write_text(json.dumps(books))
    dataset.write(Folder(str(path)))
    return (path / "report.html").read_text()


def test_books_say_where_rows_are_from_and_what_became_of_them(tmp_path):
    page = make(tmp_path / "data", train=30, test=10)
    for text in (
        "squares",
        "CC BY 4.0",
        "a/folder",
        "0123456789ab",
        "runs/benchmark",
        "3 keep the plain",
    ):
        assert text in page
    assert 'style="flex-grow:30"' in page
    # Of 41 that were tried one failed; five more were sound and repeated others.
    assert "97.8" in page


def test_the_quarantine_has_every_reason_with_examples(tmp_path):
    page = make(tmp_path / "data", train=3)
    assert "killed after 10 s &lt;b&gt;" in page
    assert '<i class="keyword">while</i>' in page
    assert page.index("duplicate</strong>") < page.index("timeout</strong>")
    assert page.count("squares/twin-") == 3


def test_the_gallery_goes_from_short_to_long_with_pictures_and_code(tmp_path):
    page = make(tmp_path / "data", train=60, test=10)
    assert page.count('<article class="card case') == 24
    assert page.count("data:image/png;base64,") == 24
    assert page.index("square-0") < page.index("square-9<")
    assert "Workplane" in page


def test_a_small_split_is_shown_in_full(tmp_path):
    assert make(tmp_path / "data", train=3).count('<article class="card case') == 3


def test_statistics_become_charts(tmp_path):
    page = make(tmp_path / "data", train=3)
    assert page.count('<svg class="plot"') == 3
    assert "hole" in page


def test_a_dataset_of_shapes_alone_has_no_charts(tmp_path):
    nothing = {key: {} for key in STATISTICS}
    page = make(tmp_path / "data", nothing, train=3)
    assert "nothing to count" in page
    assert "<svg" not in page


def test_an_empty_dataset_is_reported(tmp_path):
    assert "There are no samples." in make(tmp_path / "data")


def test_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(InputError, match="no dataset here"):
        dataset.write(Folder(str(tmp_path)))
