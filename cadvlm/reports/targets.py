"""The bands in which a score is read; the thresholds are those of the training-strategies seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

LEVELS = {2: ("poor", "fair", "good"), 3: ("poor", "fair", "good", "best")}
"""Names of the bands, from the worst, by the number of thresholds."""

VERDICTS = {
    "poor": "below target",
    "fair": "minimum met",
    "good": "target met",
    "best": "above target",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A score with thresholds. Those of a distance fall: smaller is better."""

    name: str
    key: tuple[str, ...]
    """Where it is in ``metrics.json``."""
    thresholds: tuple[float, ...]
    """From the least to the most demanding."""
    scale: tuple[float, float] = (0.0, 1.0)
    """Where the drawn scale begins and ends; a value beyond is drawn at its end."""
    is_rate: bool = False
    """Written in percent."""

    @property
    def falls(self) -> bool:
        """Whether smaller is better."""
        return self.thresholds[0] > self.thresholds[-1]

    def level(self, value: float) -> str:
        """The band of a value."""
        met = sum(value < t if self.falls else value > t for t in self.thresholds)
        return LEVELS[len(self.thresholds)][met]

    def bands(self) -> list[tuple[float, float, str]]:
        """From, to and level of every band, in the order of the scale."""
        worst, best = reversed(self.scale) if self.falls else self.scale
        edges = (worst, *self.thresholds, best)
        levels = LEVELS[len(self.thresholds)]
        spans = zip(pairwise(edges), levels, strict=True)
        return sorted((min(a, b), max(a, b), level) for (a, b), level in spans)

    def value(self, metrics: Mapping[str, Any]) -> float | None:
        """The score in ``metrics.json``; None when there is none."""
        found: Any = metrics
        for key in self.key:
            found = found.get(key) if isinstance(found, Mapping) else None
        return None if found is None else float(found)


SYNTAX = Target(
    "Python parses", ("syntax_valid_rate",), (0.90, 0.95, 0.98), (0.8, 1.0), is_rate=True
)
EXECUTION = Target(
    "Program runs", ("execution_rate",), (0.70, 0.85, 0.95), (0.5, 1.0), is_rate=True
)
IOU = Target("IoU, mean", ("iou", "mean"), (0.7, 0.85))
F_SCORE = Target("F-score at 0.02, mean", ("f_score", "0.02", "mean"), (0.8, 0.9))
CHAMFER = Target(
    "Chamfer distance, mean of valid", ("chamfer", "success_only", "mean"), (0.1, 0.05), (0.0, 0.2)
)
HAUSDORFF = Target(
    "Hausdorff distance, mean of valid",
    ("hausdorff", "success_only", "mean"),
    (0.3, 0.15),
    (0.0, 0.6),
)
TARGETS = (SYNTAX, EXECUTION, IOU, F_SCORE, CHAMFER, HAUSDORFF)
"""The strategies do not say at which distance the F-score is meant; 0.02 is the middle one."""

BY_METRIC = {"iou": IOU, "f_score_0.02": F_SCORE, "chamfer": CHAMFER, "hausdorff": HAUSDORFF}
"""The bands that a single part's score falls in."""
