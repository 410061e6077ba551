"""The report of a sweep from its folder alone, whatever became of the trials."""

import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cadvlm.reports import sweep
from cadvlm.storage import Folder

GOALS = {"iou.mean": "max", "retention.mean": "max"}


def kept(mean):
    one = {"n": 20, "before": 0.5, "after": 0.5 * mean, "mean": mean, "ci95": [mean, mean]}
    rest = {"syntax_valid_rate": {"before": 1.0, "after": 0.9}}
    perplexity = {"perplexity": {"before": 3.0, "after": 9.0}}
    return {**one, "by_operation": {"fillet": one, "loft": one}, **rest, **perplexity}


def trial(number, status="finished", **settings):
    iou, left = 0.5 + number / 10, 1 - number / 5
    row = {"name": f"t{number}", "settings": settings, "status": status, "seconds": 12.0}
    if status != "finished":
        return {**row, "error": f"it ended <badly> {number}"}
    scores = {"iou.mean": iou, "retention.mean": left}
    looks = [{"share": share, "step": 100 * share, **scores} for share in (0.5, 1)]
    ends = {key: [value - 0.05, value + 0.05] for key, value in scores.items()}
    return {**row, "error": None, **scores, "ci95": ends, "retention": kept(left), "loss": 0.5,
            "run": "", "at": "", "looks": looks}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    rates = (1e-5, 1e-4, 1e-3)
    trials = [trial(n, lr=rate, share=0.0) for n, rate in enumerate(rates)]
    lost = [trial(7, "diverged", lr=1.0, share=0.0), trial(8, "stopped", lr=0.1, share=0.0)]
    found = {"rho": -0.9, "ci95": [-1.0, -0.7], "n": 3}
    found["equal"] = {"rho": None, "ci95": None, "n": 0}
    change = {"from": 1e-5, "value": 1e-4, "pairs": 1, "iou.mean": 0.1, "retention.mean": -0.2}
    summary = {
        "objectives": GOALS,
        "floor": 0.7,
        "before": {
            "iou.mean": 0.4,
            "retention.mean": 1.0,
            "model": "/b/base",
            "retention": kept(1),
        },
        "trials": trials + lost,
        "front": trials[::-1],
        "recommended": trials[1],
        "rule": "the best iou.mean with retention.mean >= 0.7",
        "importance": {"iou.mean": {"lr": 0.8, "share": 0.2}},
        "correlations": {"lr": dict.fromkeys(GOALS, found)},
        "changes": {"lr": [change]},
    }
    out = Folder(str(tmp_path))
    out.write_json("sweep.json", summary)
    example = {"trial": "t1", "id": "fillet-000", "operation": "fillet", "kind": "text",
               "prompt": "round <it>", "asked": None, "reference_picture": None}  # fmt: skip
    for side, score in (("before", 1.0), ("after", 0.0)):
        example |= {f"{side}_code": "x = 1\n", f"{side}_status": "ok", f"{side}_error": None,
                    f"{side}_score": score, f"{side}_picture": None}  # fmt: skip
    pq.write_table(pa.Table.from_pylist([example]), tmp_path / "forgotten.parquet")
    return out


def test_the_front_is_numbered_from_the_best_at_the_task(folder):
    sweep.write(folder)
    page = folder.read("report.html").decode()
    assert "Recommended is trial 2" in page
    rows = re.findall(r"<tr><td>(\d)(?: <span[^>]*>(\w+)</span>)?</td>", page)
    assert rows[:3] == [("1", "front"), ("2", "recommended"), ("3", "front")]


def test_what_failed_is_shown_with_its_reason(folder):
    sweep.write(folder)
    page = folder.read("report.html").decode()
    assert "it ended &lt;badly&gt; 7" in page
    assert re.search(r'is-poor" title="[^"]*7">diverged', page)
    assert re.search(r'is-fair" title="[^"]*8">stopped', page)


def test_what_was_forgotten_is_shown(folder):
    sweep.write(folder)
    page = folder.read("report.html").decode()
    assert "round &lt;it&gt;" in page
    assert "Perplexity of held-out captions: 3.00 before, 7.00" not in page
    assert "Perplexity of held-out captions: 3.00 before, 9.00 after" in page


def test_a_sweep_without_probes_has_no_part_about_forgetting(folder):
    summary = folder.read_json("sweep.json")
    for row in (summary["before"], *summary["trials"]):
        row["retention"] = None
    folder.write_json("sweep.json", summary | {"recommended": {**summary["front"][1]}})
    folder.remove("forgotten.parquet")
    sweep.write(folder)
    page = folder.read("report.html").decode()
    assert 'id="operations"' not in page
    assert 'href="#examples"' not in page
