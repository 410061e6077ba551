import json
import os
import shutil
import signal
import time

import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

from cadvlm.config.data import PrepareConfig
from cadvlm.data.builder import Builder
from cadvlm.data.finish import decide, finish
from cadvlm.data.pipeline import build, plan, prepare
from cadvlm.data.stages import Build, Run, put_aside, read
from cadvlm.data.staging import Staging, joined
from cadvlm.dataset import QUARANTINE_SCHEMA, SAMPLE_SCHEMA, SPLITS, Dataset
from cadvlm.errors import ConfigError, InputError, RunFailed
from cadvlm.sequences import synthetic
from cadvlm.storage import Folder

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


def quarantined(out) -> list[dict]:
    return pads.dataset(out / "quarantine", format="parquet").to_table().to_pylist()


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


def test_rows_do_not_depend_on_who_works_in_which_order(prepared, tmp_path):
    """One worker, backwards and without Ray, writes what Ray's workers wrote, byte by byte."""
    out, _ = prepared
    config = settings(tmp_path)
    run, shards = Run(config, "run"), list(plan(config))
    build_one = Build(run)
    for shard in reversed(shards):
        put_aside(build_one(read(shard, run)), run)
    names = [shard["name"] for shard in shards]
    decide(names, joined([]), True, config.out)
    for name in reversed(names):
        finish({"name": name}, config.out)
    files = [path.relative_to(tmp_path) for split in SPLITS for path in tmp_path.glob(f"{split}/*")]
    assert len(files) > len(SPLITS)
    assert all((tmp_path / file).read_bytes() == (out / file).read_bytes() for file in files)


class Driver:
    """A process that prepares, to be killed with all that it has started."""

    def process(self) -> int:
        return os.getpid()

    def prepare(self, config: PrepareConfig) -> None:
        prepare(config)


@pytest.mark.proof
def test_a_run_whose_driver_is_killed_goes_on_where_it_was(prepared, tmp_path):
    import ray

    out, whole = prepared
    config = settings(tmp_path, shard_rows=2)
    staging, shards = Staging(Folder(config.out)), list(plan(config))
    driver = ray.remote(Driver).options(num_cpus=0).remote()
    process = ray.get(driver.process.remote())
    driver.prepare.remote(config)
    while not (kept := staging.names()):
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    assert 0 < len(kept) < len(shards)
    assert not (tmp_path / "manifest.json").exists()
    manifest = prepare(config)
    assert manifest["sources"] == whole["sources"]
    for split in SPLITS:
        assert Dataset(config.out).read(split) == Dataset(str(out)).read(split)
    assert not (tmp_path / "staged").exists()


@pytest.mark.proof
def test_a_run_that_is_killed_while_it_finishes_goes_on_there(prepared, tmp_path):
    out, whole = prepared
    shutil.copytree(out, tmp_path, dirs_exist_ok=True)
    (tmp_path / "manifest.json").unlink()
    lost = min((tmp_path / "shards").glob("*.json"))
    lost.unlink()
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("shards/*")}
    assert prepare(settings(tmp_path))["content_hash"] == whole["content_hash"]
    assert lost.exists()
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())


@pytest.fixture(scope="module")
def filtered(tmp_path_factory, prepared):
    """The same parts from two sources, most of which are wanted nowhere."""
    seen, _ = prepared
    out = tmp_path_factory.mktemp("filtered")
    code = synthetic.part(0, 0)[1].code
    larger = "\nresult = cq.Workplane(result.val().scale(2)).translate((1, 2, 3))\n"
    named = out.with_suffix(".jsonl")
    rows = [{"id": "larger", "code": code + larger}, {"id": "broken", "code": "result = 1"}]
    named.write_text("".join(json.dumps(row) + "\n" for row in rows))
    more = {
        "sources": [{"name": "synthetic", "limit": 16}, {"name": "synthetic", "limit": 12}],
        "exclude": [str(seen), str(named)],
        "max_tokens": 60,
    }
    return out, prepare(settings(out, **more))


def test_every_source_has_books_that_balance(filtered):
    out, manifest = filtered
    assert list(manifest["sources"]) == ["synthetic", "synthetic-2"]
    assert [books["read"] for books in manifest["sources"].values()] == [16, 12]
    for name, books in manifest["sources"].items():
        assert books["licence"] == "Apache-2.0"
        assert books["read"] == books["written"] + books["quarantined"]
        rows = [row for row in quarantined(out) if row["source"] == name]
        assert len(rows) == books["quarantined"] == sum(books["reasons"].values())
    assert manifest["sources"]["synthetic-2"]["written"] == 0


def test_a_repeated_shape_names_the_row_that_stays(filtered):
    out, _ = filtered
    stays = set(pads.dataset(sorted(out.glob("t*/*.parquet"))).to_table()["id"].to_pylist())
    repeated = [row for row in quarantined(out) if row["reason"] == "duplicate"]
    assert repeated
    for row in repeated:
        source, _, twin = row["detail"].removeprefix("the same shape as ").partition("/")
        assert (source, twin in stays) == ("synthetic", True)
        assert row["picture"].startswith(b"\x89PNG")
        assert row["code"].startswith("import cadquery")


def test_no_row_has_a_shape_of_an_evaluation_set(filtered, prepared):
    out, manifest = filtered
    seen, whole = prepared
    [dataset, named] = manifest["excluded"]
    assert manifest["excluded"][dataset] == {"parts": whole["splits"]["test"], "unmeasured": 0}
    assert manifest["excluded"][named] == {"parts": 1, "unmeasured": 1}
    caught = {
        row["id"]: row["detail"] for row in quarantined(out) if row["reason"] == "contamination"
    }
    assert f"{named}/larger" in caught[f"{synthetic.part(0, 0)[0]}-00000000"]
    held = set(Dataset(str(seen)).read("test", ["id"])["id"].to_pylist())
    read_here = {row["id"] for row in quarantined(out)}
    assert held & read_here
    assert {row["id"] for row in quarantined(out) if row["reason"] != "too_long"} & held <= set(
        caught
    )


def test_programs_that_are_too_long_are_not_even_run(filtered):
    out, manifest = filtered
    long = [row for row in quarantined(out) if row["reason"] == "too_long"]
    assert long
    assert all("max_tokens is 60" in row["detail"] for row in long)
    assert max(map(int, manifest["statistics"]["n_tokens"])) <= 60


class Fragile(Builder):
    """Dies over one part, as over a picture that takes all memory."""

    def sample(self, part, result):
        if part.id.endswith("00000002"):
            os._exit(1)
        return super().sample(part, result)


@pytest.mark.proof
def test_a_part_that_kills_every_worker_ends_in_quarantine(tmp_path, ray_session):
    config = settings(
        tmp_path, sources=[{"name": "synthetic", "limit": 6}], shard_rows=3, pictures={"views": []}
    )
    shards = list(plan(config))
    build(shards, Run(config, "run"), Fragile)
    staging = Staging(Folder(config.out))
    tables = [staging.get(shard["name"]) for shard in shards]
    [row] = [row for table in tables for row in table.refused.to_pylist()]
    assert (row["reason"], row["id"][-8:]) == ("crash", "00000002")
    assert sum(table.built.num_rows for table in tables) == 5


class Broken(Builder):
    """A worker at fault."""

    def sample(self, part, result):
        raise OSError("out of paper")


def test_a_worker_at_fault_ends_the_run_and_says_how(tmp_path, ray_session):
    config = settings(tmp_path, sources=[{"name": "synthetic", "limit": 1}])
    message = r"stopped: OSError: out of paper; 0 of 1 shards are kept"
    with pytest.raises(RunFailed, match=message):
        build(list(plan(config)), Run(config, "run"), Broken)


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
    for path, message in [(tmp_path / "nowhere", "no such folder"), (tmp_path, r"no \.json")]:
        with pytest.raises(InputError, match=message):
            list(plan(settings(tmp_path, sources=[{"name": "deepcad", "path": str(path)}])))
