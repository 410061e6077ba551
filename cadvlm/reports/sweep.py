"""The report of a sweep, made from its folder alone: what is gained against what is forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from markupsafe import Markup

import cadvlm
from cadvlm.reports import page, program
from cadvlm.storage import Folder

Row = dict[str, Any]

SUMMARY, EXAMPLES, METRICS = "sweep.json", "forgotten.parquet", "metrics.jsonl"

_NAMES = {
    "iou.mean": "Mean IoU",
    "retention.mean": "Retention",
    "valid_solid_rate": "Valid solids",
    "vsr": "Programs that run",
}
"""Objectives in words; others are shown by their keys."""

_LEVELS = {"finished": "good", "stopped": "fair"}


def write(folder: Folder) -> None:
    """Write ``report.html`` from ``sweep.json``, the trials' metrics and the examples."""
    summary = folder.read_json(SUMMARY)
    goals, trials = list(summary["objectives"]), _numbered(summary)
    finished = [row for row in trials if row["status"] == "finished"]
    html = page.render(
        "sweep.html",
        kind="Sweep",
        title=page.title(folder.uri),
        facts=_facts(summary, trials),
        sections=_sections(summary),
        version=cadvlm.__version__,
        summary=summary,
        goals=[{"key": key, "label": _label(key)} for key in goals],
        keys=sorted({key for row in trials for key in row["settings"]}),
        recommended=next(row for row in trials if row["role"] == "recommended"),
        trials=trials,
        front=_front(summary, finished),
        effects=[effect for key in _numeric(summary) for effect in _effects(key, finished, goals)],
        correlations=_correlations(summary, goals),
        importance=_importance(summary),
        changes=_changes(summary),
        curves=_curves(trials, goals),
        operations=_operations(trials),
        examples=_examples(folder, trials),
        setting=_setting,
    )
    folder.write("report.html", html)


def _sections(summary: Row) -> list[tuple[str, str]]:
    forgetting = [("operations", "Operations"), ("examples", "Forgotten")]
    probed = bool(summary["before"] and summary["before"]["retention"])
    return [
        ("front", "Front"),
        ("settings", "Settings"),
        ("trials", "Trials"),
        ("curves", "Curves"),
        *(forgetting if probed else []),
    ]


def _facts(summary: Row, trials: Sequence[Row]) -> list[tuple[str, str]]:
    counts: dict[str, int] = {}
    for row in trials:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    said = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items())
    before = [("began with", page.title(summary["before"]["model"]))] if summary["before"] else []
    return [("trials", said), *before, ("recommended by", summary["rule"])]


def _numbered(summary: Row) -> list[Row]:
    """Trials with a number and a role: the front first, by the task, then the others by it."""
    best = [row["name"] for row in summary["front"]]
    task = next(iter(summary["objectives"]))
    sign = -1 if summary["objectives"][task] == "max" else 1

    def order(row: Row) -> tuple[bool, int, bool, float]:
        on_front = row["name"] in best
        place = best.index(row["name"]) if on_front else 0
        return not on_front, place, row["status"] != "finished", sign * row.get(task, 0.0)

    chosen = summary["recommended"]["name"]
    return [
        {
            **row,
            "number": number,
            "level": _LEVELS.get(row["status"], "poor"),
            "role": "recommended" if row["name"] == chosen
            else "front" if row["name"] in best else "dominated",
        }
        for number, row in enumerate(sorted(summary["trials"], key=order), start=1)
    ]  # fmt: skip


def _front(summary: Row, finished: Sequence[Row]) -> Markup | None:
    from cadvlm.reports import plots

    goals = list(summary["objectives"])
    if len(goals) < 2:
        return None
    task, kept = goals[:2]
    dots = [
        plots.Dot(
            row[kept], row[task], row["role"], str(row["number"]),
            _ends(row["ci95"].get(kept)), _ends(row["ci95"].get(task)),
        )
        for row in finished
    ]  # fmt: skip
    if before := summary["before"]:
        dots.append(plots.Dot(before[kept], before[task], "before", "before"))
    return plots.frontier(dots, xlabel=_label(kept), ylabel=_label(task), floor=summary["floor"])


def _ends(interval: Sequence[float] | None) -> tuple[float, float] | None:
    return (interval[0], interval[1]) if interval else None


def _numeric(summary: Row) -> list[str]:
    return list(summary["correlations"])


def _effects(key: str, finished: Sequence[Row], goals: Sequence[str]) -> list[tuple[str, Markup]]:
    """A chart of each objective by the values of a setting."""
    from cadvlm.reports import plots

    values = [row["settings"][key] for row in finished]
    return [
        (
            f"{_label(goal)} by {key}",
            plots.effect(values, [row[goal] for row in finished], xlabel=key, ylabel=_label(goal)),
        )
        for goal in goals
    ]


def _correlations(summary: Row, goals: Sequence[str]) -> list[Row]:
    return [
        {"key": key, "goal": _label(goal), **found[goal]}
        for key, found in summary["correlations"].items()
        for goal in goals
        if found[goal]["rho"] is not None
    ]


def _importance(summary: Row) -> list[tuple[str, list[tuple[str, float]]]]:
    return [
        (_label(goal), sorted(shares.items(), key=lambda item: -item[1]))
        for goal, shares in summary["importance"].items()
    ]


def _changes(summary: Row) -> list[Row]:
    """The mean gains of other values of a setting, where there are trials to compare."""
    return [
        {"key": key, "first": place == 0, **change}
        for key, some in summary["changes"].items()
        for place, change in enumerate(change for change in some if change["pairs"])
    ]


def _curves(trials: Sequence[Row], goals: Sequence[str]) -> list[tuple[str, Markup]]:
    """Losses over the steps, and the objectives where trials were looked at more than once."""
    from cadvlm.reports import plots

    losses = []
    for row in trials:
        logged = _metrics(Folder(row["run"])) if row.get("run") else []
        if logged:
            steps, values = [one["step"] for one in logged], [one["loss"] for one in logged]
            losses.append(plots.Curve(f"trial {row['number']}", steps, values, role=row["role"]))
    charts = (
        [("Training loss", plots.curves(losses, xlabel="step", ylabel="loss"))] if losses else []
    )
    looked = [row for row in trials if len(row.get("looks", ())) > 1]
    for goal in goals if looked else ():
        lines = [
            plots.Curve(f"trial {row['number']}", [look["step"] for look in row["looks"]],
                        [look[goal] for look in row["looks"]], role=row["role"])
            for row in looked
        ]  # fmt: skip
        charts.append((_label(goal), plots.curves(lines, xlabel="step", ylabel=_label(goal))))
    return charts


def _metrics(run: Folder) -> list[Row]:
    if not run.exists(METRICS):
        return []
    rows = (json.loads(line) for line in run.read(METRICS).decode().splitlines())
    return [row for row in rows if row.get("loss") is not None]


def _operations(trials: Sequence[Row]) -> list[Row]:
    """What each operation kept, in the recommended trial and in the one that forgot most."""
    known = [row for row in trials if row["status"] == "finished" and row.get("retention")]
    if not known:
        return []
    recommended = next(row for row in known if row["role"] == "recommended")
    most = min(known, key=lambda row: float(row["retention"]["mean"]))
    return [
        {"operation": name, "n": one["n"], "before": one["before"], "recommended": one,
         "most": most["retention"]["by_operation"][name], "number": most["number"]}
        for name, one in recommended["retention"]["by_operation"].items()
    ]  # fmt: skip


def _examples(folder: Folder, trials: Sequence[Row]) -> list[Row]:
    """Forgotten probes by trial, each with both programs as lines."""
    if not folder.exists(EXAMPLES):
        return []
    rows = pq.read_table(pa.BufferReader(folder.read(EXAMPLES))).to_pylist()
    groups = []
    for trial in trials:
        cases = [_case(row) for row in rows if row["trial"] == trial["name"]]
        if cases:
            groups.append({"trial": trial, "cases": cases})
    return groups


def _case(row: Mapping[str, Any]) -> Row:
    before, after = program.compared(
        row["before_code"] or "", row["after_code"] or "", row["after_error"]
    )
    return {**row, "before_lines": before, "after_lines": after}


def _label(key: str) -> str:
    return _NAMES.get(key, key)


def _setting(value: Any) -> str:
    """A setting's value as a table shows it."""
    return f"{value:.3g}" if isinstance(value, float) else json.dumps(value).strip('"')
