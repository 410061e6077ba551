"""Every number of a row of scores: what it is called, what it means, how a table shows it.

A metric that scoring adds appears here by itself, under its own name, until it has its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cadvlm.scoring import METRICS

DISTANCES = {name for name in METRICS if name.startswith(("chamfer", "hausdorff"))} | {
    "parameter_error"
}
"""Smaller is better, and a prediction without a solid, or without a counterpart, has none."""

OF_PROGRAMS = ("tokens", "operations", "edit_survival", "operation_recall", "parameter_error")
"""Measured on the program alone."""

WORDS: dict[str, tuple[str, str]] = {
    "iou": (
        "IoU",
        "Shared over joint volume; each bounding box centred, its longest side 1, nothing turned.",
    ),
    "iou_best": (
        "IoU best",
        "CAD-Coder's: centres of mass together, one radius of gyration, best of four poses along "
        "the principal axes.",
    ),
    "iou_aligned": (
        "IoU aligned",
        "After the best rigid alignment, found over many rotations and refined; mirror images "
        "are not allowed.",
    ),
    "iou_absolute": (
        "IoU absolute",
        "In the reference's own frame and unit, nothing moved and nothing scaled.",
    ),
    "surface_iou": (
        "Surface IoU",
        "CADBench's: how much of the two surfaces lies on the other, after alignment.",
    ),
    "chamfer": (
        "Chamfer distance",
        "Mean of the two directed mean distances between the surfaces, in sides of the unit box.",
    ),
    "chamfer_squared": (
        "Chamfer, squared",
        "cadrille's: between samples of 8,192 points, squared, in thousandths.",
    ),
    "chamfer_floor": (
        "Chamfer floor",
        "What the reference scores there against itself: nobody can do better.",
    ),
    "hausdorff": ("Hausdorff distance", "The farthest that either surface is from the other."),
    "f_score_0.01": ("F-score at 0.01", "Of points of either surface within 0.01 of the other."),
    "f_score_0.02": ("F-score at 0.02", "Of points of either surface within 0.02 of the other."),
    "f_score_0.05": ("F-score at 0.05", "Of points of either surface within 0.05 of the other."),
    "normal_consistency": (
        "Normal consistency",
        "Mean cosine between the normals at a point and at the nearest one of the other surface.",
    ),
    "topology_match": ("Topology", "Agreement of the numbers of pieces, through-holes and voids."),
    "feature_match": (
        "Features",
        "F1 of recognised holes, fillets, chamfers, pockets and bosses, sizes within 5 %.",
    ),
    "parametric_validity": (
        "Parametric validity",
        "Parallel and perpendicular faces, symmetries and patterns of the reference that hold.",
    ),
    "tokens": ("Tokens", "Length of the program in Python's own tokens."),
    "operations": ("Operations", "CadQuery calls in the program."),
    "edit_survival": (
        "Edit survival",
        "Numbers of the program changed by 5 % up and down, one at a time: the share of the "
        "changed programs that still build.",
    ),
    "operation_recall": (
        "Operation recall",
        "Share of the reference program's shaping calls that the program has too.",
    ),
    "parameter_error": (
        "Parameter error",
        "Of the numbers in calls that both programs have: difference over the mean of the two.",
    ),
}
"""Label and meaning."""


class Measured(NamedTuple):
    """One line of the table of all metrics."""

    name: str
    label: str
    meaning: str
    mean: float | None
    median: float | None
    ci95: Sequence[float] | None
    control: float | None
    n: int | None
    """Rows that have a value."""
    digits: int


def names() -> list[str]:
    """Of all numbers that a row has, in the order of tables."""
    return [*METRICS, *OF_PROGRAMS]


def label(name: str) -> str:
    """What people call it."""
    return WORDS[name][0] if name in WORDS else name.replace("_", " ")


def meaning(name: str) -> str:
    """What it is, in a sentence."""
    return WORDS[name][1] if name in WORDS else ""


def digits(name: str) -> int:
    """How many decimals say something."""
    return 0 if name in ("tokens", "operations") else 4 if name in ("chamfer", "hausdorff") else 3


def table(metrics: Mapping[str, Any]) -> list[Measured]:
    """All metrics of ``metrics.json`` that anything was measured by."""
    lines = []
    for name in names():
        body = averages(metrics, name)
        if body is None or body.get("mean") is None:
            continue
        control = averages(metrics.get("control", {}), name) or {}
        lines.append(
            Measured(
                name, label(name), meaning(name), body.get("mean"), body.get("median"),
                body.get("ci95"), control.get("mean"), body.get("n"), digits(name),
            )
        )  # fmt: skip
    return lines


def averages(metrics: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """``{"mean", "median", "ci95"}`` of a metric: over all parts, of a distance over valid ones."""
    body = metrics.get(name)
    if body is None and name.startswith("f_score_"):
        body = metrics.get("f_score", {}).get(name.removeprefix("f_score_"))
    if not isinstance(body, Mapping):
        return None
    found: Mapping[str, Any] = body.get("success_only", body)
    return found
