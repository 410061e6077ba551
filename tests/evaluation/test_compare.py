import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cadvlm.config.compare import CompareConfig
from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.errors import InputError
from cadvlm.evaluation.compare import changed, compare, pair
from cadvlm.evaluation.scores import SCORE_SCHEMA
from tests.parts import BOX, CYLINDER


def row(id_, iou=1.0, status="ok", **more):
    return {
        "id": id_,
        "source": "boxes" if id_ < "d" else "others",
        "status": status,
        "iou": iou,
        "error": None if status == "ok" else f"{status} (line 2)",
        "reference": BOX.program.code,
        "reference_language": "cadquery",
        "language": "cadquery",
        "code": BOX.program.code,
        **more,
    }


def by_id(*rows):
    return {one["id"]: one for one in rows}


def test_rows_are_compared_when_both_runs_have_judged_the_same_part():
    a = by_id(row("a"), row("b"), row("c", None, "unscored"), row("d"))
    b = by_id(row("a", 0.5), row("c"), row("d", reference="other = 1"), row("e"))
    paired = pair(a, b)
    assert [(one["iou"], other["iou"]) for one, other in paired.both] == [(1, 0.5)]
    assert (paired.only_a, paired.only_b) == (["b"], ["e"])
    assert (paired.unscored, paired.other_reference) == (["c"], ["d"])


def test_the_parts_that_changed_most_come_first_in_either_direction():
    pairs = [
        (row("up", 0.2), row("up", 0.4)),
        (row("far up", 0.1), row("far up", 0.9)),
        (row("same"), row("same")),
        (row("down", 0.5), row("down", 0.4)),
        (row("broke", 0.0), row("broke", 0.0, "timeout")),
    ]
    groups = changed(pairs, 5)
    ids = {group: [one["id"] for one, _ in members] for group, members in groups.items()}
    assert ids == {"better": ["far up", "up"], "worse": ["down", "broke"]}
    assert [one["id"] for one, _ in changed(pairs, 1)["worse"]] == ["down"]


def folder(path, *rows):
    path.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCORE_SCHEMA), path / "scores.parquet")
    settings = EvaluateConfig(out=str(path), predictions="p.jsonl", references="r.jsonl")
    config = {"config": settings.model_dump(mode="json")}
    (path / "config.json").write_text(json.dumps(config))
    return str(path)


def test_two_folders_become_a_summary_and_a_page(tmp_path, ray_session):
    before = folder(
        tmp_path / "a",
        row("a", 0.6, code=CYLINDER.program.code),
        row("b"),
        row("d", 0.0, "exception", code="import cadquery\n1 / 0\n"),
        row("only"),
    )
    after = folder(tmp_path / "b", row("a"), row("b", 0.3), row("d"))
    out = tmp_path / "out"
    summary = compare(CompareConfig(a=before, b=after, out=str(out), scorers=1))
    assert json.loads((out / "compare.json").read_text()) == summary
    assert (summary["n"], summary["only_a"], summary["only_b"]) == (3, ["only"], [])
    assert summary["differences"]["iou"]["difference"] == pytest.approx(0.7 / 3)
    assert summary["by_source"]["others"]["valid_solid_rate"]["difference"] == 1
    assert {"a": "exception", "b": "ok", "n": 1} in summary["turns"]
    drawn = pq.read_table(out / "changed.parquet").to_pylist()
    assert [one["id"] for one in drawn] == ["d", "a", "b"]
    assert all(one["reference_picture"].startswith(b"\x89PNG") for one in drawn)
    assert (drawn[0]["a_picture"], drawn[1]["a_picture"][:4]) == (None, b"\x89PNG")
    page = (out / "report.html").read_text()
    assert "only" in page
    assert "1 / 0" not in page  # its words are coloured one by one
    assert "exception (line 2)" in page


def test_folders_with_nothing_in_common_are_refused(tmp_path):
    before, after = folder(tmp_path / "a", row("a")), folder(tmp_path / "b", row("b"))
    with pytest.raises(InputError, match="no part in common"):
        compare(CompareConfig(a=before, b=after, out=str(tmp_path / "out")))


def test_a_folder_without_scores_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere: no finished evaluation here"):
        compare(CompareConfig(a=str(tmp_path / "nowhere"), b="b", out=str(tmp_path / "out")))
