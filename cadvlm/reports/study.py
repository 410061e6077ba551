"""The report of a study, made from its folder alone: the answer, a figure, and the table.

``report.html`` for people, ``summary.md`` and ``figure.svg`` for other documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

import cadvlm
from cadvlm.reports import measures, page, plots, training
from cadvlm.storage import Folder

_LABELS = {"valid_solid_rate": "Valid solids"}

Summary = Mapping[str, Any]


def write(folder: Folder) -> None:
    """Write the report from ``study.json``."""
    summary = folder.read_json("study.json")
    figure = _figure(summary)
    html = page.render(
        "study.html",
        kind="Study",
        title=summary["question"],
        facts=[
            ("parts", page.count(summary["parts"])),
            ("seeds", ", ".join(map(str, summary["seeds"]))),
            ("not judged", page.count(summary["unscored"])),
        ],
        sections=[("answer", "Answer"), ("measures", "Measures"), ("runs", "Runs")],
        version=cadvlm.__version__,
        summary=summary,
        figure=figure,
        label=_label(summary["quoted"]),
        digits=_digits(summary["quoted"]),
        table=[_line(summary, name) for name in summary["arms"][summary["first"]]["measures"]],
        curves=_curves(summary),
        clock=training.clock,
    )
    folder.write("report.html", html)
    folder.write("figure.svg", page.alone(figure))
    folder.write("summary.md", _markdown(summary))


def _label(name: str) -> str:
    return _LABELS.get(name) or measures.label(name)


def _digits(name: str) -> int:
    return 3 if name in _LABELS else measures.digits(name)


def _line(summary: Summary, name: str) -> dict[str, Any]:
    """A measure with what every arm has of it, and how that differs from the first."""
    cells = []
    for arm, body in summary["arms"].items():
        change = summary["differences"].get(arm, {}).get(name)
        cells.append({**body["measures"][name], "change": change, "differs": _differs(change)})
    return {"label": _label(name), "digits": _digits(name), "cells": cells}


def _differs(change: Summary | None) -> bool:
    if change is None or change["ci95"] is None:
        return False
    low, high = change["ci95"]
    return bool(low > 0 or high < 0)


def _figure(summary: Summary) -> Markup:
    bars = []
    for name, body in summary["arms"].items():
        found = body["measures"][summary["quoted"]]
        if found["mean"] is not None:
            ends = tuple(found["ci95"]) if found["ci95"] else None
            bars.append(plots.Bar(name, found["mean"], ends, found["by_seed"]))
    return plots.intervals(bars, label=_label(summary["quoted"]))


def _curves(summary: Summary) -> Markup | None:
    """What greedy answers earned while arms learnt from rewards."""
    lines = [
        plots.Curve(
            f"{name}, seed {seed}", [step for step, _ in course], [mean for _, mean in course]
        )
        for name, body in summary["arms"].items()
        for seed, course in body["rewards"].items()
        if course
    ]
    return plots.curves(lines, xlabel="step", ylabel="reward, validation") if lines else None


def _markdown(summary: Summary) -> str:
    """The answer and the table, as other documents take them."""
    names = list(summary["arms"])
    lines = [f"**{summary['question']}** {summary['sentence']}", ""]
    lines += ["| | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for name in summary["arms"][names[0]]["measures"]:
        line = _line(summary, name)
        cells = " | ".join(_cell(cell, line["digits"]) for cell in line["cells"])
        lines.append(f"| {line['label']} | {cells} |")
    seconds = " | ".join(training.clock(body["seconds"]) for body in summary["arms"].values())
    lines.append(f"| Training | {seconds} |")
    return "\n".join(lines) + "\n"


def _cell(cell: Summary, digits: int) -> str:
    if cell["mean"] is None:
        return "-"
    text = f"{cell['mean']:.{digits}f}"
    if cell["ci95"]:
        text += f" ({cell['ci95'][0]:.{digits}f} to {cell['ci95'][1]:.{digits}f})"
    return f"**{text}**" if cell["differs"] else text
