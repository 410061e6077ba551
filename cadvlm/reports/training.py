"""The report of a training run, made from its folder alone, also while the run goes on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from markupsafe import Markup

import cadvlm
from cadvlm.reports import advice, criteria, page, program
from cadvlm.storage import Folder

Row = Mapping[str, Any]

REPORT = "report.html"

_LOOKS = 6
"""Looks at the samples that are shown, from the first to the last."""

_PARTS = 12
"""Parts that are shown, at most."""


def write(folder: Folder, rows: Sequence[Row]) -> None:
    """Write ``report.html`` of a run.

    Args:
        folder: The run's, with ``config.yaml`` and perhaps ``samples/``.
        rows: Of ``metrics.jsonl``, at least one.
    """
    config = yaml.safe_load(folder.read("config.yaml"))
    samples = _samples(folder)
    last = rows[-1]
    html = page.render(
        "training.html",
        kind="Training",
        title=page.title(folder.uri),
        facts=_facts(config, last),
        sections=_sections(samples, config),
        version=cadvlm.__version__,
        last=last,
        validation=_last(rows, "val_loss"),
        clock=clock(last["seconds"]),
        findings=advice.findings(rows),
        verdicts=criteria.verdicts(config.get("targets") or {}, rows),
        learning=_learning(rows),
        working=_working(rows),
        sampled=_sampled(rows),
        samples=samples,
        sources=last["sources"],
        settings=yaml.safe_dump(config, sort_keys=False),
    )
    folder.write(REPORT, html)


def clock(seconds: float) -> str:
    """``5 h 12 min``, ``3 min 20 s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _facts(config: Row, last: Row) -> list[tuple[str, str]]:
    finished = "finished" if last["step"] >= last["steps"] else "under way"
    state = last.get("stopped") or finished
    return [
        ("state", state),
        ("model", config["model"]["path"] or "LLaVA from scratch"),
        ("stage", f"{config['stage']}, {config['method']}"),
        ("dataset", config["dataset"]),
        ("batch", str(config["batch_size"])),
        ("workers", f"{config['workers']['count']}, ZeRO {config['zero_stage']}"),
        ("seed", str(config["seed"])),
    ]


def _sections(samples: Sequence[Row], config: Row) -> list[tuple[str, str]]:
    return [
        ("course", "Course"),
        *([("targets", "Targets")] if config.get("targets") else []),
        ("learning", "Learning"),
        *([("samples", "Samples")] if samples else []),
        ("work", "Work"),
        ("settings", "Settings"),
    ]


def _last(rows: Sequence[Row], key: str) -> float | None:
    return next((row[key] for row in reversed(rows) if row.get(key) is not None), None)


Chart = tuple[str, Markup, str]
"""Title, SVG and explanation."""


def _learning(rows: Sequence[Row]) -> list[Chart]:
    from cadvlm.reports import plots

    loss = [_curve(rows, "training", "loss", noisy=True), _curve(rows, "validation", "val_loss")]
    paid = [{"step": row["step"], **row["reward"]} for row in rows if "reward" in row]
    earned = [_curve(paid, "reward", "mean", noisy=True), _curve(paid, "IoU", "iou", noisy=True)]
    drift = [_curve(paid, "divergence", "kl", noisy=True)]
    rate = [_curve(rows, "learning rate", "lr")]
    norm = [_curve(rows, "gradient norm", "grad_norm", noisy=True)]
    charts = [
        ("Loss", loss, "loss per answer token", "", "Mean over the tokens of the answers."),
        ("Reward", earned, "mean over answers", "", "What drawn answers earned, and before gates."),
        ("Divergence", drift, "KL a token", "", "From the model that the run began with."),
        ("Learning rate", rate, "learning rate", "", "Of the last step of each row."),
        ("Gradient norm", norm, "gradient norm", "y", "Before clipping."),
    ]
    return [
        (title, plots.curves(kept, xlabel="step", ylabel=label, logarithmic=axes), text)
        for title, lines, label, axes, text in charts
        if (kept := [line for line in lines if line.x])
    ]


def _sampled(rows: Sequence[Row]) -> Markup | None:
    """How the samples fared over the steps."""
    from cadvlm.reports import plots

    looks = [row for row in rows if row.get("sample")]
    if len(looks) < 2:
        return None
    steps = [row["step"] for row in looks]
    names = {"syntax_valid_rate": "parses", "execution_rate": "runs", "iou": "IoU, mean"}
    lines = [
        plots.Curve(name, steps, [row["sample"][key] for row in looks])
        for key, name in names.items()
    ]
    return plots.curves(lines, xlabel="step", ylabel="share, IoU", limits=(-0.04, 1.04))


def _working(rows: Sequence[Row]) -> list[Chart]:
    from cadvlm.reports import plots

    workers = sorted(rows[-1]["memory_gb"], key=int)
    memory = [
        plots.Curve(f"worker {name}", _steps(rows), [row["memory_gb"].get(name) for row in rows])
        for name in workers[:7]
        if all(name in row["memory_gb"] for row in rows)
    ]
    speed = [_curve(rows, "tokens", "tokens_per_s", noisy=True)]
    shares = [
        _curve(rows, "waiting for data", "data_wait_share"),
        _curve(rows, "padding", "padding_share"),
        _curve(rows, "MFU", "mfu"),
    ]
    charts = [
        ("Speed", speed, "tokens per second", "Of all workers, padding not counted."),
        ("Shares", shares, "share", "Of the time, of the tokens, of the devices' peak."),
        ("Memory", memory, "GB", "Of each worker: reserved on its GPU, else resident."),
    ]
    return [
        (title, plots.curves(kept, xlabel="step", ylabel=label, limits=(0, _top(kept))), text)
        for title, lines, label, text in charts
        if (kept := [line for line in lines if line.x])
    ]


def _curve(rows: Sequence[Row], name: str, key: str, noisy: bool = False) -> Any:
    from cadvlm.reports import plots

    known = [row for row in rows if row.get(key) is not None and math.isfinite(row[key])]
    return plots.Curve(name, _steps(known), [row[key] for row in known], noisy)


def _steps(rows: Sequence[Row]) -> list[float]:
    return [row["step"] for row in rows]


def _top(lines: Sequence[Any]) -> float:
    return 1.08 * max(max(line.y) for line in lines) or 1.0


def _samples(folder: Folder) -> list[dict[str, Any]]:
    """Every part that was answered, with its answers in the order of the steps."""
    place = folder / "samples"
    names = place.names(".parquet")
    if not names:
        return []
    shown = [names[at * (len(names) - 1) // (_LOOKS - 1)] for at in range(_LOOKS)]
    looks = [_table(place, name) for name in dict.fromkeys(shown)]
    parts = []
    for row in looks[-1][:_PARTS]:
        answers = [answer for look in looks for answer in look if answer["id"] == row["id"]]
        lines = program.lines(row["code"], row["error"]) if row["code"] else []
        parts.append({**row, "answers": answers, "lines": lines})
    return parts


def _table(folder: Folder, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(pa.BufferReader(folder.read(name))).to_pylist()
    return rows
