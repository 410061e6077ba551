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

BOOKS = {"read": 41, "written": 40, "quarantined": 1, "reasons": {"timeout": 1}}


def make(path, statistics=None, **splits):
    path.mkdir()
    samples.write(path, **splits)
    refusal = Refusal("odd-1", "squares", "execute", "timeout", "killed after 10 s <b>")
    (path / "quarantine").mkdir()
    table = pa.Table.from_pylist([refusal.to_row()], schema=QUARANTINE_SCHEMA)
    pq.write_table(table, path / "quarantine" / "part-0.parquet")
    manifest = {
        "splits": {"train": 0, "val": 0, "test": 0, **splits},
        "sources": {"00-squares": BOOKS},
        "content_hash": "0123456789abcdef",
        **({"statistics": statistics} if statistics else {}),
    }
    (path / "manifest.json").write_text(json.dumps(manifest))
    dataset.write(Folder(str(path)))
    return (path / "report.html").read_text()


def test_books_and_quarantine_are_shown(tmp_path):
    page = make(tmp_path / "data", train=30, test=10)
    assert "00-squares" in page
    assert "timeout" in page
    assert "odd-1: killed after 10 s &lt;b&gt;" in page
    assert "0123456789ab" in page


def test_the_gallery_shows_samples_with_their_code(tmp_path):
    page = make(tmp_path / "data", train=30, test=10)
    assert page.count("<article") == 24
    assert page.count("data:image/png;base64,") == 24
    assert "result = cq.Workplane" in page


def test_a_small_split_is_shown_in_full(tmp_path):
    assert make(tmp_path / "data", train=3).count("<article") == 3


def test_statistics_become_charts(tmp_path):
    statistics = {
        "operations": {"box": 40, "hole": 3},
        "n_faces": {"6": 40},
        "n_tokens": {"20": 40},
    }
    page = make(tmp_path / "data", statistics, train=3)
    assert page.count('<svg class="plot"') == 2
    assert "hole" in page


def test_a_dataset_without_statistics_is_reported(tmp_path):
    page = make(tmp_path / "data", train=3)
    assert "no statistics" in page
    assert "<svg" not in page


def test_an_empty_dataset_is_reported(tmp_path):
    assert "There are no samples." in make(tmp_path / "data")


def test_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(InputError, match="no dataset here"):
        dataset.write(Folder(str(tmp_path)))
