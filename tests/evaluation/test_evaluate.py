import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.errors import InputError, RunFailed
from cadvlm.evaluation.evaluate import evaluate
from cadvlm.evaluation.scores import SCORE_SCHEMA
from cadvlm.evaluation.shards import Shards
from cadvlm.storage import Folder
from tests.parts import BOX, CYLINDER
from tests.serve.taught import teach
from tests.training import samples

REFERENCES = ["same", "other", "hangs", "bends", "kills", "missing", "broken"]
PREDICTED = {
    "same": BOX.program.code,
    "other": f"```python\n{CYLINDER.program.code}```",
    "hangs": "while True: pass",
    "bends": "import cadquery as cq\nresult = (",
    "kills": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "broken": BOX.program.code,
    "stranger": BOX.program.code,
}


def settings(folder, **more) -> EvaluateConfig:
    """Predictions of every fate, and what they are compared with."""
    references = [
        {"id": id_, "code": "1 / 0" if id_ == "broken" else BOX.program.code, "source": "boxes"}
        for id_ in REFERENCES
    ]
    predictions = [{"id": id_, "code": code} for id_, code in PREDICTED.items()]
    for name, rows in (("references", references), ("predictions", predictions)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tree = {
        "out": str(folder / "out"),
        "predictions": str(folder / "predictions.jsonl"),
        "references": str(folder / "references.jsonl"),
        "limits": {"cpu_s": 2, "wall_s": 30},
        "scorers": 2,
        "gallery": 2,
        "edits": 1,
    }
    return EvaluateConfig.parse(tree | more)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, ray_session):
    folder = tmp_path_factory.mktemp("evaluation")
    metrics = evaluate(settings(folder))
    return folder / "out", metrics


def rows_of(out):
    return {row["id"]: row for row in pq.read_table(out / "scores.parquet").to_pylist()}


def test_there_is_one_row_for_every_reference_in_their_order(finished):
    out, _ = finished
    table = pq.read_table(out / "scores.parquet")
    assert table["id"].to_pylist() == REFERENCES
    assert table.schema.names == SCORE_SCHEMA.names


def test_every_fate_has_its_status(finished):
    out, _ = finished
    assert {id_: row["status"] for id_, row in rows_of(out).items()} == {
        "same": "ok",
        "other": "ok",
        "hangs": "timeout",
        "bends": "syntax",
        "kills": "forbidden",
        "missing": "missing",
        "broken": "unscored",
    }


def test_metrics_count_every_part_that_could_be_judged(finished):
    _, metrics = finished
    assert (metrics["n"], metrics["n_missing"], metrics["n_unscored"]) == (7, 1, 1)
    assert metrics["n_extra"] == 1
    assert metrics["valid_solid_rate"] == pytest.approx(2 / 6)
    assert 1 / 6 < metrics["iou"]["mean"] < 2 / 6
    assert "control" not in metrics
    failures = {name: count for name, count in metrics["failures"].items() if count}
    assert failures == {"timeout": 1, "syntax": 1, "forbidden": 1}


def test_what_the_sandbox_protects_from_is_kept(finished):
    _, metrics = finished
    names = {one["name"] for one in metrics["sandbox"]["protections"]}
    assert names
    assert set(metrics["sandbox"]["missing"]) <= names


def test_edits_are_bounded_by_their_setting(finished):
    out, _ = finished
    assert {id_: row["n_edits"] for id_, row in rows_of(out).items() if row["n_edits"]} == {
        "same": 2,
        "other": 2,
    }


def test_the_raw_text_stays_beside_the_program(finished):
    out, _ = finished
    row = rows_of(out)["other"]
    assert row["text"] == PREDICTED["other"]
    assert row["code"] == CYLINDER.program.code
    assert row["reference"] == BOX.program.code


def test_the_folder_holds_what_a_person_reads(finished):
    out, metrics = finished
    assert json.loads((out / "metrics.json").read_text()) == metrics
    page = (out / "report.html").read_text()
    for text in ("hangs", "killed after 2 s of processor time", "ZeroDivisionError", "SyntaxError"):
        assert text in page
    groups = pq.read_table(out / "gallery.parquet").to_pylist()
    assert {row["id"] for row in groups if row["group"] == "failed"} == {"hangs", "bends"}
    assert all(row["reference"].startswith(b"\x89PNG") for row in groups)


def test_rows_that_are_there_are_not_made_again(tmp_path, ray_session):
    config = settings(tmp_path, gallery=0)
    with Shards(Folder(config.out) / "rows", SCORE_SCHEMA) as shards:
        shards.add(
            [{"id": "hangs", "source": "boxes", "status": "ok", "iou": 0.123, "chamfer": 0.0}]
        )
    evaluate(config.override({"scorers": 1}))
    rows = rows_of(tmp_path / "out")
    assert list(rows) == REFERENCES
    assert rows["hangs"]["iou"] == 0.123
    assert rows["same"]["iou"] == pytest.approx(1)


def test_a_scorer_that_cannot_build_a_box_fails_the_run(tmp_path, ray_session):
    config = settings(tmp_path, limits={"cpu_s": 10, "wall_s": 20, "memory_gb": 0.0001})
    with pytest.raises(RunFailed, match=r"evaluation stopped.*box.*kept in .*out"):
        evaluate(config)
    assert not (tmp_path / "out" / "scores.parquet").exists()


def test_predictions_for_other_references_are_refused(tmp_path):
    config = settings(tmp_path)
    (tmp_path / "predictions.jsonl").write_text('{"id": "stranger", "code": "x"}\n')
    with pytest.raises(InputError, match=r"no id is among the references.*'stranger'.*'same'"):
        evaluate(config)


@pytest.fixture(scope="module")
def answered(tmp_path_factory, ray_session):
    """A model that knows one box by heart, asked about five pictures."""
    folder = tmp_path_factory.mktemp("checkpoint")
    teach(folder / "run" / "final")
    config = EvaluateConfig.parse(
        {
            "out": str(folder / "out"),
            "checkpoint": str(folder / "run"),
            "dataset": samples.write(folder / "dataset", test=5),
            "generation": {"batch_size": 2, "max_new_tokens": 64},
            "gallery": 1,
        }
    )
    return config, evaluate(config)


def test_a_checkpoint_answers_every_picture(answered):
    config, metrics = answered
    rows = pq.read_table(f"{config.out}/scores.parquet").to_pylist()
    assert [row["id"] for row in rows] == [f"square-{number}" for number in range(5)]
    assert {row["code"] for row in rows} == {BOX.program.code}
    assert metrics["valid_solid_rate"] == 1
    assert {row["n_operations"] for row in rows} == {1}


def test_a_model_that_does_not_look_gains_nothing_over_a_blank_picture(answered):
    _, metrics = answered
    assert metrics["control"]["iou"] == metrics["iou"]
    assert metrics["control"]["valid_solid_rate"] == 1
    assert metrics["iou_gain"] == 0


def test_the_blank_picture_is_answered_once(answered):
    config, _ = answered
    answers = pq.read_table(f"{config.out}/answers").to_pylist()
    assert len(answers) == 6
    assert sum(row["blank"] is None for row in answers) == 1


def test_the_gallery_shows_what_the_model_was_shown(answered):
    config, _ = answered
    rows = pq.read_table(f"{config.out}/gallery.parquet").to_pylist()
    assert [row["group"] for row in rows] == ["best", "median", "worst", "control"]
    assert all(row["input"].startswith(b"\x89PNG") for row in rows[:-1])
    assert rows[-1]["code"] == BOX.program.code


def test_a_finished_evaluation_is_not_made_again(answered):
    config, metrics = answered
    folder = Folder(config.out)
    files = [Path(folder.join(name)) for name in folder.names(recursive=True)]
    # The claim is written anew, whoever makes it.
    before = {file: file.stat().st_mtime_ns for file in files if file.name != "config.json"}
    assert evaluate(config) == metrics
    assert before == {file: file.stat().st_mtime_ns for file in before}


def test_a_checkpoint_that_is_not_there_is_named(tmp_path, ray_session):
    config = EvaluateConfig(
        out=str(tmp_path / "out"),
        checkpoint=str(tmp_path / "nowhere"),
        dataset=samples.write(tmp_path / "dataset", test=2),
    )
    with pytest.raises(InputError, match="nowhere: no such folder"):
        evaluate(config)
