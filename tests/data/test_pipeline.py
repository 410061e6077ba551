import json

import pyarrow.parquet as pq
import pytest

from cadvlm.config.data import PrepareConfig
from cadvlm.data.pipeline import plan, prepare
from cadvlm.dataset import QUARANTINE_SCHEMA, SAMPLE_SCHEMA, SPLITS, Dataset
from cadvlm.errors import ConfigError, InputError

pytestmark = pytest.mark.ray


def settings(out, **more) -> PrepareConfig:
    tree = {
        "sources": [{"name": "synthetic", "limit": 24}],
        "out": str(out),
        "pictures": {"size": 64},
        "shard_rows": 8,
        "split": {"val": 0.2, "test": 0.2},
    }
    return PrepareConfig.parse(tree | more)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, ray_session):
    out = tmp_path_factory.mktemp("dataset")
    return out, prepare(settings(out))


def test_every_part_is_accounted_for(prepared):
    out, manifest = prepared
    [books] = manifest["sources"].values()
    assert books["read"] == 24 == books["written"] + books["quarantined"]
    assert sum(manifest["splits"].values()) == books["written"]
    rows = sum(Dataset(str(out)).read(s).num_rows for s in SPLITS if manifest["splits"][s])
    assert rows == books["written"]


def test_rows_follow_the_schema(prepared):
    out, _ = prepared
    table = pq.read_table(next((out / "train").glob("*.parquet")))
    assert table.schema.equals(SAMPLE_SCHEMA)
    row = table.to_pylist()[0]
    assert row["images"][0]["png"].startswith(b"\x89PNG")
    assert row["code"].startswith("import cadquery as cq")
    assert row["volume"] > 0
    assert row["n_tokens"] > 5


def test_a_second_run_finds_its_work_done(prepared):
    out, manifest = prepared
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    assert prepare(settings(out)) == manifest
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}


def test_other_settings_are_refused_by_name(prepared):
    out, _ = prepared
    with pytest.raises(ConfigError, match="seed"):
        prepare(settings(out, seed=1))


def test_a_stopped_run_goes_on_and_ends_the_same(prepared, tmp_path):
    _, whole = prepared
    assert prepare(settings(tmp_path))["content_hash"] == whole["content_hash"]
    (tmp_path / "manifest.json").unlink()
    lost = sorted((tmp_path / "shards").glob("*.json"))[1]
    lost.unlink()
    kept = min((tmp_path / "train").glob("*.parquet")).stat().st_mtime_ns
    again = prepare(settings(tmp_path))
    assert again["content_hash"] == whole["content_hash"]
    assert min((tmp_path / "train").glob("*.parquet")).stat().st_mtime_ns == kept


def test_unusable_files_are_quarantined_with_their_reason(tmp_path, ray_session):
    source = tmp_path / "cad_json"
    source.mkdir()
    (source / "00000001.json").write_text('{"entities": ')
    (source / "00000002.json").write_text(json.dumps({"entities": {}, "sequence": []}))
    out = tmp_path / "dataset"
    manifest = prepare(settings(out, sources=[{"name": "deepcad", "path": str(source)}]))
    [books] = manifest["sources"].values()
    assert (books["read"], books["written"], books["quarantined"]) == (2, 0, 2)
    table = pq.read_table(next((out / "quarantine").glob("*.parquet")))
    assert table.schema.equals(QUARANTINE_SCHEMA)
    rows = {row["id"]: row for row in table.to_pylist()}
    assert rows["00000001"]["reason"] == "corrupt_json"
    assert "00000001.json" in rows["00000001"]["detail"]
    assert rows["00000002"]["reason"] == "no_extrude"


def test_a_missing_or_empty_folder_is_named(tmp_path):
    for path, message in [(tmp_path / "nowhere", "no such folder"), (tmp_path, r"no \.json file")]:
        with pytest.raises(InputError, match=message):
            list(plan(settings(tmp_path, sources=[{"name": "deepcad", "path": str(path)}])))
