"""What a run's figures say of its settings: warnings, each with the advice that goes with it.

Found from the rows of ``metrics.jsonl`` alone, so that the report and the run say the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median
from typing import Any, NamedTuple

Row = Mapping[str, Any]

OVERFIT = 0.5
"""Validation loss above training loss that is called over-fitting: the training strategies' own."""

_ENOUGH = 12
"""Rows without which a course of things is not judged."""

_RISE = 0.2
"""Of the loss above its lowest, on averages over a quarter of the rows; noise stays below."""

_FLAT = 0.02
"""Share that the loss must have fallen by, from the first quarter of the rows to the last."""

_WAITING = 0.05
_PADDING = 0.3
_IDLE = 0.25
"""MFU below which a GPU is badly used; 0.4 can be had with a large enough micro-batch."""


class Finding(NamedTuple):
    """One warning."""

    kind: str
    """Its name: one word or two."""
    step: int
    """When it was first so, or last seen."""
    found: str
    """What the figures are."""
    advice: str
    """What to change, by the names of the settings."""


def findings(rows: Sequence[Row]) -> list[Finding]:
    """What there is to warn of after these rows, the gravest first."""
    sound = [row for row in rows if math.isfinite(row["loss"])]
    if not sound:
        return []
    checks = _OF_REWARDS if "reward" in sound[-1] else _CHECKS
    return [finding for check in checks if (finding := check(sound)) is not None]


def _stopped(rows: Sequence[Row]) -> Finding | None:
    last = rows[-1]
    if not last.get("stopped"):
        return None
    return Finding("stopped", last["step"], last["stopped"], _STOPPED[last["stopped_by"]])


_STOPPED = {
    "patience": "The weights of the lowest validation loss are the ones to use; guards.patience "
    "says how long to wait. For a lower loss: more data, or less that learns.",
    "skipped": "Lower optimizer.lr (jobs.find_lr finds one), lengthen optimizer.warmup_ratio, or "
    "train in another precision; a run in another out begins anew.",
}


def _skipped(rows: Sequence[Row]) -> Finding | None:
    skipped = rows[-1].get("skipped", 0)
    if not skipped:
        return None
    first = next(row["step"] for row in rows if row.get("skipped", 0))
    return Finding(
        "skipped steps",
        first,
        f"{skipped} of {rows[-1]['step']} steps were not taken: gradients that were not finite, "
        "or many times as large as before",
        "A few do no harm. With many, lower optimizer.lr or optimizer.grad_clip, or look for "
        "broken samples among those of the first such steps.",
    )


def _overfitting(rows: Sequence[Row]) -> Finding | None:
    evaluated = [row for row in rows if row.get("val_loss") is not None]
    if not evaluated or evaluated[-1]["val_loss"] - evaluated[-1]["loss"] <= OVERFIT:
        return None
    first, last = evaluated[-1], evaluated[-1]
    for row in reversed(evaluated):
        if row["val_loss"] - row["loss"] <= OVERFIT:
            break
        first = row
    return Finding(
        "over-fitting",
        first["step"],
        f"the validation loss is {last['val_loss'] - last['loss']:.2f} above the training loss",
        "Fewer epochs, or guards.patience to end in time; more data, pictures varied in "
        "preparation, a source with other parts in the mixture; a lower lora.rank, a higher "
        "lora.dropout or optimizer.weight_decay.",
    )


def _rate_too_high(rows: Sequence[Row]) -> Finding | None:
    losses = [row["loss"] for row in rows]
    quarter = len(losses) // 4
    if len(losses) < _ENOUGH:
        return None
    means = [fmean(losses[at : at + quarter]) for at in range(len(losses) - quarter + 1)]
    lowest = min(range(len(means)), key=means.__getitem__)
    if means[-1] <= (1 + _RISE) * means[lowest]:
        return None
    return Finding(
        "learning rate too high",
        rows[lowest + quarter - 1]["step"],
        f"the loss has risen from {means[lowest]:.3g} to {means[-1]:.3g}",
        f"Lower optimizer.lr to a third ({max(row['lr'] for row in rows) / 3:.1g}), or lengthen "
        "optimizer.warmup_ratio; jobs.find_lr shows where the loss begins to rise.",
    )


def _rate_too_low(rows: Sequence[Row]) -> Finding | None:
    losses = [row["loss"] for row in rows]
    quarter = len(losses) // 4
    if len(losses) < _ENOUGH:
        return None
    before, after = fmean(losses[:quarter]), fmean(losses[-quarter:])
    if not (1 - _FLAT) * before <= after <= (1 + _RISE) * before:
        return None
    return Finding(
        "learning rate too low",
        rows[-1]["step"],
        f"the loss was {before:.3g} in the first quarter of the run and is {after:.3g} in its last",
        f"Raise optimizer.lr threefold ({3 * max(row['lr'] for row in rows):.1g}), or let more "
        "weights learn; jobs.find_lr shows where the loss falls fastest.",
    )


def _unfinished(rows: Sequence[Row]) -> Finding | None:
    losses = [row["val_loss"] for row in rows if row.get("val_loss") is not None]
    if rows[-1]["step"] < rows[-1]["steps"] or len(losses) < 3:
        return None
    if losses[-1] > (1 - _FLAT) * min(losses[:-1]):
        return None
    return Finding(
        "still learning",
        rows[-1]["step"],
        f"the last evaluation has the lowest validation loss, {losses[-1]:.3g} after "
        f"{min(losses[:-1]):.3g}",
        "More epochs, or a higher optimizer.lr.",
    )


def _runs_nothing(rows: Sequence[Row]) -> Finding | None:
    looks = [row for row in rows if row.get("sample")]
    if len(looks) < 3 or any(row["sample"]["execution_rate"] for row in looks):
        return None
    return Finding(
        "no program runs",
        looks[-1]["step"],
        f"none of the samples of {len(looks)} evaluations ran to its end",
        "See what is written, below. Early in training that is so; later it says that programs "
        "are longer than what can be learnt yet (max_tokens, curriculum) or the rate is wrong.",
    )


def _waits(rows: Sequence[Row]) -> Finding | None:
    share = _recent(rows, "data_wait_share")
    if len(rows) < _ENOUGH or share <= _WAITING:
        return None
    return Finding(
        "waiting for data",
        rows[-1]["step"],
        f"workers spend {share:.0%} of the time waiting for samples",
        "Raise cache_gb, so that pictures are made ready once, or workers.cpus; prepare smaller "
        "pictures.",
    )


def _pads(rows: Sequence[Row]) -> Finding | None:
    share = _recent(rows, "padding_share")
    if len(rows) < _ENOUGH or share <= _PADDING:
        return None
    return Finding(
        "much padding",
        rows[-1]["step"],
        f"{share:.0%} of the tokens are padding",
        "Raise grouped_batches, so that samples of like length come together, or leave out the "
        "longest with max_tokens.",
    )


def _idles(rows: Sequence[Row]) -> Finding | None:
    if len(rows) < _ENOUGH or rows[-1]["mfu"] is None or _recent(rows, "mfu") >= _IDLE:
        return None
    return Finding(
        "devices badly used",
        rows[-1]["step"],
        f"{_recent(rows, 'mfu'):.0%} of the devices' peak goes into the model",
        "A larger micro_batch_size (auto finds the largest), gradient_checkpointing=false or a "
        "lower zero_stage where memory allows.",
    )


def _recent(rows: Sequence[Row], key: str) -> float:
    """The median of the last rows; the first, which sets everything up, says nothing."""
    return median(row.get(key) or 0.0 for row in (rows[1:] or rows)[-20:])


_CHECKS: tuple[Callable[[Sequence[Row]], Finding | None], ...] = (
    _stopped,
    _skipped,
    _rate_too_high,
    _overfitting,
    _rate_too_low,
    _runs_nothing,
    _unfinished,
    _waits,
    _pads,
    _idles,
)

_OF_REWARDS = (_stopped, _skipped, _runs_nothing, _unfinished)
"""What can be said of a run that learns from rewards, whose loss turns about zero."""
