"""The report of an evaluation, made from its folder alone.

``report.html`` stands alone; ``parts/`` beside it has a page for every part that was drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from markupsafe import Markup

import cadvlm
from cadvlm.reports import measures, page, part, program, published, targets
from cadvlm.storage import Folder

Row = dict[str, Any]

PAGE = "report.html"

_GROUPS = {
    "best": ("Best", "the highest IoU"),
    "median": ("Median", "around the middle of the valid ones"),
    "worst": ("Worst", "valid solids with the lowest IoU"),
    "failed": ("Failed", "no valid solid; every class of failure in turn"),
}

_GROUPINGS = {
    "by_source": "Source",
    "by_complexity": "Reference",
    "by_family": "Family",
}

FAILURES = {
    "missing": "there is no prediction for the part",
    "syntax": "the answer is not Python",
    "exception": "the program raised",
    "no_solid": "it ended and left no closed, valid solid of positive volume",
    "timeout": "killed at its processor or clock limit",
    "memory": "ran out of its memory limit",
    "crash": "the process died inside native code",
    "forbidden": "it tried what the sandbox does not allow",
}
"""What each class of failure means."""


Chart = tuple[str, Markup, str]
"""Title, SVG and explanation."""

_MAIN = (
    ("iou", targets.IOU, "All parts; one without a valid solid counts as 0."),
    ("chamfer", targets.CHAMFER, "Valid solids only; smaller is better."),
)

_EXAMPLES = 4
"""Failures of one class that are shown."""


def write(folder: Folder) -> None:
    """Write ``parts/``, and then ``report.html``, from the metrics, the scores and the gallery."""
    metrics = folder.read_json("metrics.json")
    settings = folder.read_json("config.json")["config"]
    scores = _table(folder, "scores.parquet")
    gallery = _table(folder, "gallery.parquet")
    judged = [row for row in scores if row["status"] != "unscored"]
    by_id = {row["id"]: row for row in scores}
    html = page.render(
        "evaluation.html",
        kind="Evaluation",
        title=page.title(settings["checkpoint"] or settings["predictions"]),
        facts=_facts(settings, metrics),
        sections=_sections(gallery),
        version=cadvlm.__version__,
        metrics=metrics,
        edits=settings["edits"],
        control=metrics.get("control"),
        unprotected=metrics.get("sandbox", {}).get("missing", []),
        meters=[meter for target in targets.TARGETS if (meter := _meter(target, metrics))],
        measured=measures.table(metrics),
        judged=len(judged),
        failures=_failures(judged, {row["id"] for row in gallery}),
        unscored=[row for row in scores if row["status"] == "unscored"],
        tables=_tables(metrics),
        charts=_charts(judged),
        more_charts=_more_charts(judged),
        published=published.PUBLISHED,
        groups=_gallery(gallery, by_id),
        controls=[row for row in gallery if row["group"] == "control"],
        pages=[by_id[row["id"]] for row in gallery if row["group"] == "page"],
        parts=part.FOLDER,
        page_of=part.file_name,
    )
    part.write_all(folder, gallery, by_id)
    folder.write(PAGE, html)


def seen_from_above(html: str, name: str) -> str:
    """A report as it must be when it lies beside its folder and not in it."""
    return html.replace(f'href="{part.FOLDER}/', f'href="{name}/{part.FOLDER}/')


def _table(folder: Folder, name: str) -> list[Row]:
    rows: list[Row] = pq.read_table(pa.BufferReader(folder.read(name))).to_pylist()
    return rows


def _facts(settings: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    against = settings["dataset"] or settings["references"]
    decoding = settings["generation"]["temperature"]
    facts = [("parts", page.count(metrics["n"])), ("references", against)]
    if settings["checkpoint"]:
        facts += [
            ("split", settings["split"]),
            ("decoding", f"temperature {decoding:g}" if decoding else "greedy"),
        ]
    if metrics.get("n_extra"):
        facts.append(("left out", f"{metrics['n_extra']} predictions without a reference"))
    return [*facts, ("seed", str(settings["seed"]))]


def _sections(gallery: Sequence[Row]) -> list[tuple[str, str]]:
    return [
        ("scores", "Scores"),
        ("metrics", "All metrics"),
        ("failures", "Failures"),
        ("distributions", "Distributions"),
        ("groups", "By kind of part"),
        ("published", "Published"),
        *([("gallery", "Gallery")] if gallery else []),
        ("definitions", "Definitions"),
    ]


def _meter(target: targets.Target, metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """A score on its scale, in percent of the scale's length."""
    value = target.value(metrics)
    if value is None:
        return None
    level = target.level(value)
    low, high = target.scale

    def at(x: float) -> float:
        return round(100 * min(max((x - low) / (high - low), 0.0), 1.0), 2)

    return {
        "name": target.name,
        "level": level,
        "verdict": targets.VERDICTS[level],
        "shown": page.percent(value) if target.is_rate else page.number(value),
        "position": at(value),
        "bands": [
            {"level": name, "start": at(start), "width": at(end) - at(start)}
            for start, end, name in target.bands()
        ],
        "ticks": [
            {"position": at(t), "label": f"{100 * t:g} %" if target.is_rate else f"{t:g}"}
            for t in target.thresholds
        ],
    }


def _failures(rows: Sequence[Row], drawn: set[str]) -> list[Row]:
    """Every class of failure that occurred, the commonest first, with examples."""
    failed: dict[str, list[Row]] = {}
    for row in rows:
        if row["status"] != "ok":
            failed.setdefault(row["status"], []).append(row)
    return [
        {
            "status": status,
            "meaning": FAILURES.get(status, ""),
            "n": len(members),
            "share": len(members) / len(rows),
            "examples": [_example(row, drawn) for row in _different(members)],
        }
        for status, members in sorted(failed.items(), key=lambda item: -len(item[1]))
    ]


def _different(members: Sequence[Row]) -> list[Row]:
    """A few failures that say different things; numbers and names aside, many say the same."""
    kinds: dict[str, Row] = {}
    for row in members:
        if row["error"]:
            kinds.setdefault(row["error"].partition(":")[0], row)
    return list(kinds.values())[:_EXAMPLES]


def _example(row: Row, drawn: set[str]) -> Row:
    lines = program.excerpt(row["code"] or "", row["error"])
    return {**row, "lines": lines, "drawn": row["id"] in drawn}


def _tables(metrics: Mapping[str, Any]) -> list[tuple[str, list[Row]]]:
    """Scores by source, family and complexity; a grouping into one group says nothing."""
    controls = metrics.get("control", {})
    tables = []
    for key, title in _GROUPINGS.items():
        control = controls.get(key, {})
        groups = [
            {
                "name": name,
                "n": body["n"],
                "valid": body["valid_solid_rate"],
                "iou": body["iou"]["mean"],
                "control": control[name]["iou"]["mean"] if name in control else None,
            }
            for name, body in metrics.get(key, {}).items()
        ]
        if len(groups) > 1:
            tables.append((title, groups))
    return tables


def _charts(rows: Sequence[Row]) -> list[Chart]:
    """The charts that everybody looks at, as far as these rows can fill them."""
    from cadvlm.reports import plots

    charts: list[Chart] = []
    for name, target, text in _MAIN:
        if any(row[name] is not None for row in rows):
            svg = _histogram(rows, name, target.scale, target.bands())
            charts.append((measures.label(name), svg, text))
    for key, title in (("n_faces", "faces"), ("n_operations", "operations")):
        placed = [row for row in rows if row[key] is not None]
        if len({row[key] for row in placed}) > 1:
            trend = plots.trend(
                [row[key] for row in placed],
                [row["iou"] for row in placed],
                [row["control_iou"] for row in placed],
                xlabel=f"{title} of the reference",
                ylabel="IoU",
            )
            charts.append((f"IoU and {title}", trend, "The line is the mean of like parts."))
    return charts


def _more_charts(rows: Sequence[Row]) -> list[Chart]:
    """How every other number is distributed."""
    shown = {name for name, _, _ in _MAIN}
    charts: list[Chart] = []
    for name in measures.names():
        values = sorted(row[name] for row in rows if row.get(name) is not None)
        if name in shown or not values:
            continue
        # A long tail would hide everything else: the largest fiftieth is counted in the last bin.
        high = values[min(len(values) - 1, int(0.98 * len(values)))]
        similarity = values[0] >= 0 and values[-1] <= 1 and name not in measures.DISTANCES
        limits = (0.0, 1.0) if similarity else (0.0, max(float(high), 1e-6))
        charts.append((measures.label(name), _histogram(rows, name, limits), ""))
    return charts


def _histogram(
    rows: Sequence[Row],
    name: str,
    limits: tuple[float, float],
    bands: Sequence[tuple[float, float, str]] = (),
) -> Markup:
    from cadvlm.reports import plots

    def known(key: str) -> list[float]:
        return [row[key] for row in rows if row.get(key) is not None]

    return plots.histogram(
        known(name),
        known(f"control_{name}"),
        label=measures.label(name),
        limits=limits,
        bands=bands,
    )


def _gallery(gallery: Sequence[Row], scores: Mapping[str, Row]) -> list[Row]:
    """Groups of cases: the row of scores, and the pictures under names of their own."""
    groups = []
    for group, (name, meaning) in _GROUPS.items():
        cases = [_case(row, scores[row["id"]]) for row in gallery if row["group"] == group]
        if cases:
            groups.append({"name": name, "meaning": meaning, "cases": cases})
    return groups


def _case(drawn: Row, score: Row) -> Row:
    pictures = {f"{key}_png": drawn[key] for key in ("input", "reference", "prediction")}
    return {**score, **pictures, "level": targets.IOU.level(score["iou"])}
