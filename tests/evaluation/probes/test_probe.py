"""A suite is made against a training set and asked of a model; only geometry earns a score."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cadvlm.config.data import PictureConfig
from cadvlm.config.probes import ProbesConfig
from cadvlm.dataset import Dataset
from cadvlm.errors import ConfigError
from cadvlm.evaluation.probes.probe import kept, probe, scores
from cadvlm.evaluation.probes.suite import found, make
from cadvlm.records import PROMPT
from cadvlm.storage import Folder
from tests.serve.taught import teach
from tests.training import samples

CONFIG = ProbesConfig(count=12, generation={"max_new_tokens": 200, "gpu": False})


@pytest.fixture(scope="module")
def asked(tmp_path_factory, ray_session):
    """A suite against squares, and a model that answers every picture with one of its parts."""
    folder = tmp_path_factory.mktemp("probes")
    dataset = samples.write(folder / "dataset", train=24)
    manifest = json.loads((folder / "dataset/manifest.json").read_text())
    look = {"pictures": PictureConfig(size=64).model_dump(mode="json"), "prompt": PROMPT}
    (folder / "dataset/manifest.json").write_text(json.dumps({**manifest, "config": look}))
    suite = make(CONFIG, dataset, f"{folder}/suite")
    known = next(row for row in suite.probes if row["kind"] == "picture")
    teach(folder / "model", [known["code"]])
    summary = probe(str(folder / "model"), f"{folder}/suite", f"{folder}/once", CONFIG)
    return folder, suite, known, summary


def test_the_suite_is_about_what_the_training_set_lacks(asked):
    folder, suite, _, _ = asked
    shares = found(Dataset(f"{folder}/dataset"))
    assert set(shares.values()) == {0}
    assert suite.summary["lacking"] == sorted(shares)
    assert {row["operation"] for row in suite.probes} == set(shares)
    assert len({row["id"] for row in suite.probes}) == len(suite.probes) == 12
    kinds = [row["kind"] for row in suite.probes]
    assert kinds.count("text") == kinds.count("picture") == 6


def test_a_suite_that_is_there_is_not_made_again(asked):
    folder, suite, _, _ = asked
    written = (folder / "suite/probes.parquet").stat().st_mtime_ns
    assert make(CONFIG, f"{folder}/dataset", f"{folder}/suite").probes == suite.probes
    assert (folder / "suite/probes.parquet").stat().st_mtime_ns == written


def test_a_model_scores_where_its_solid_shows_the_operation(asked):
    folder, suite, known, summary = asked
    rows = scores(Folder(f"{folder}/once"))
    assert [row["id"] for row in rows] == [row["id"] for row in suite.probes]
    assert [row["score"] for row in rows if row["id"] == known["id"]] == [1]
    seen = [row for row in rows if row["kind"] == "picture"]
    assert all((row["code"], row["status"]) == (known["code"], "ok") for row in seen)
    assert sum(row["score"] for row in rows) == 1
    assert summary["n"] == 12
    assert summary["by_operation"][known["operation"]] == 1
    assert summary["by_kind"] == {"text": 0, "picture": pytest.approx(1 / 6)}
    assert 0.5 <= summary["valid_solid_rate"] <= summary["syntax_valid_rate"] <= 1
    assert summary == json.loads((folder / "once/probes.json").read_text())


def test_the_same_model_is_not_asked_again(asked):
    folder, _, _, summary = asked
    written = (folder / "once/probes.parquet").stat().st_mtime_ns
    again = probe(str(folder / "model"), f"{folder}/suite", f"{folder}/once", CONFIG)
    assert again == summary
    assert (folder / "once/probes.parquet").stat().st_mtime_ns == written


def test_a_model_has_kept_all_that_it_can(asked):
    folder, _, _, _ = asked
    same = kept(f"{folder}/once", f"{folder}/once")
    assert (same["mean"], same["ci95"]) == (1, [1, 1])
    assert same["by_operation"]["text"]["mean"] is None
    assert same["perplexity"] == {"before": None, "after": None}


def test_answers_to_other_probes_are_not_compared(asked, tmp_path):
    folder, _, _, _ = asked
    rows = scores(Folder(f"{folder}/once"))
    pq.write_table(pa.Table.from_pylist(rows[1:]), tmp_path / "probes.parquet")
    with pytest.raises(ConfigError, match="not about the same probes"):
        kept(f"{folder}/once", str(tmp_path))
