"""The report of a comparison, made from its folder alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import cadvlm
from cadvlm.reports import measures, page, program, targets
from cadvlm.storage import Folder

CHANGED = "changed.parquet"
"""The parts that are shown."""

_GROUPS = {
    "better": ("Better in B", "the largest gains of IoU first"),
    "worse": ("Worse in B", "the largest losses of IoU first"),
}
_RATES = {
    "valid_solid_rate": "Valid solids",
    "execution_rate": "Programs that run",
    "syntax_valid_rate": "Programs that parse",
}
_NEUTRAL = {"tokens", "operations"}
"""Neither more nor less is better."""


def write(folder: Folder) -> None:
    """Write ``report.html`` from ``compare.json`` and ``changed.parquet``."""
    summary = folder.read_json("compare.json")
    shown = pq.read_table(pa.BufferReader(folder.read(CHANGED))).to_pylist()
    lines = [_line(name, body) for name, body in summary["differences"].items()]
    html = page.render(
        "comparison.html",
        kind="Comparison",
        title=f"{page.title(summary['b'])} against {page.title(summary['a'])}",
        facts=[("A", summary["a"]), ("B", summary["b"]), ("parts", page.count(summary["n"]))],
        sections=[
            ("differences", "Differences"),
            ("sources", "By source"),
            ("turns", "Failures"),
            ("parts", "Parts that changed"),
            ("left-out", "Left out"),
        ],
        version=cadvlm.__version__,
        summary=summary,
        tiles=[line for line in lines if line["name"] in ("iou", "valid_solid_rate", "chamfer")],
        lines=lines,
        sources=_sources(summary["by_source"]),
        turns=[turn for turn in summary["turns"] if turn["a"] != turn["b"]],
        groups=_groups(shown),
        left_out=_left_out(summary),
    )
    folder.write("report.html", html)


def _line(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A difference, what it is called, and whether it is one."""
    low, high = body["ci95"]
    sure = low > 0 or high < 0
    falls = name in measures.DISTANCES
    better, worse = ("falls", "rises") if falls else ("rises", "falls")
    verdict = "no difference" if not sure else "better" if (low > 0) != falls else "worse"
    return {
        "name": name,
        "label": _RATES.get(name) or measures.label(name),
        "digits": measures.digits(name) if name not in _RATES else 3,
        "verdict": "differs" if sure and name in _NEUTRAL else verdict,
        "level": {"better": "good", "worse": "poor"}.get(verdict) if name not in _NEUTRAL else None,
        "better": body[better],
        "worse": body[worse],
        **body,
    }


def _sources(by_source: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """IoU and validity of each source; a single one says nothing more."""
    if len(by_source) < 2:
        return []
    return [
        {"source": source, "n": body["n"], "iou": _line("iou", body["iou"]),
         "valid": _line("valid_solid_rate", body["valid_solid_rate"])}
        for source, body in by_source.items()
    ]  # fmt: skip


def _groups(shown: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    groups = []
    for group, (name, meaning) in _GROUPS.items():
        cases = [_case(row) for row in shown if row["group"] == group]
        if cases:
            groups.append({"name": name, "meaning": meaning, "cases": cases})
    return groups


def _case(row: Mapping[str, Any]) -> dict[str, Any]:
    a, b = program.compared(row["a_code"] or "", row["b_code"] or "", row["b_error"])
    levels = {f"{run}_level": targets.IOU.level(row[f"{run}_iou"]) for run in "ab"}
    return {**row, **levels, "a_lines": a, "b_lines": b}


def _left_out(summary: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    names = {
        "only_a": "Only in A",
        "only_b": "Only in B",
        "unscored": "Not judged in one of them",
        "other_reference": "Compared with another reference in B",
    }
    return [(name, summary[key]) for key, name in names.items() if summary[key]]
