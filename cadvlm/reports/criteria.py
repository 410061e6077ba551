"""Whether a training run reached what it set out for: its ``targets``, judged on its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Row = Mapping[str, Any]


class Verdict(NamedTuple):
    """One target."""

    figure: str
    wanted: str
    """``at least 0.7``."""
    value: float | None
    """None: it was not measured."""
    met: bool

    @property
    def reached(self) -> str:
        """The value in words."""
        return "not measured" if self.value is None else f"{self.value:.4g}"

    def __str__(self) -> str:
        return f"{self.figure}: {self.reached}, {self.wanted}: {'met' if self.met else 'missed'}"


def verdicts(
    targets: Mapping[str, Mapping[str, float | None]], rows: Sequence[Row]
) -> list[Verdict]:
    """How a run with these rows stands to its targets, in their order.

    Args:
        targets: ``{"val_loss": {"at_least": None, "at_most": 1.0}}``; see
            :data:`cadvlm.config.watch.FIGURES` for the names.
        rows: Of ``metrics.jsonl``.
    """
    return [_verdict(name, bound, _figure(name, rows)) for name, bound in targets.items()]


def _verdict(name: str, bound: Mapping[str, float | None], value: float | None) -> Verdict:
    low, high = bound.get("at_least"), bound.get("at_most")
    words = [f"{word} {edge:g}" for word, edge in (("at least", low), ("at most", high))
             if edge is not None]  # fmt: skip
    met = value is not None and (low is None or value >= low) and (high is None or value <= high)
    return Verdict(name, " and ".join(words), value, met)


def _figure(name: str, rows: Sequence[Row]) -> float | None:
    """The last one there is; not every row is of an evaluation."""
    if name == "loss_drop":
        return 1 - rows[-1]["loss"] / rows[0]["loss"] if len(rows) > 1 else None
    outer, _, inner = name.partition("/")
    for row in reversed(rows):
        value = row.get(outer)
        if isinstance(value, Mapping):
            value = value.get(inner)
        if value is not None:
            return float(value)
    return None
