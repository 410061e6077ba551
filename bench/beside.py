"""Ours beside another way: how many times as fast, how sure that is, and what it was before."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

HISTORY = Path(__file__).parent / "history.json"
"""What was kept: one entry a run, the newest last."""

DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Beside:
    """One kind of work, done in two ways on the same things."""

    work: str
    other: str
    """The other way."""
    other_ms: float
    ours_ms: float
    """Means."""
    times: float
    """As fast as the other way: a ratio of means."""
    low: float
    high: float
    """95 % interval of ``times`` (bootstrap over the things)."""

    @property
    def name(self) -> str:
        """By which it is found again."""
        return f"{self.work}, {self.other}"

    def slower_than(self, kept: Beside) -> bool:
        """The intervals do not meet."""
        return self.high < kept.low


def beside(work: str, other: str, theirs: ArrayLike, ours: ArrayLike) -> Beside:
    """Compare seconds of the same N things, in the same order."""
    pair = np.array([theirs, ours], dtype=float)
    drawn = np.random.default_rng(0).integers(pair.shape[1], size=(DRAWS, pair.shape[1]))
    sums = pair[:, drawn].sum(axis=2)
    low, high = np.percentile(sums[0] / sums[1], [2.5, 97.5])
    means = 1000 * pair.mean(axis=1)
    return Beside(work, other, *map(float, (*means, means[0] / means[1], low, high)))


def table(rows: Sequence[Beside], before: Sequence[Beside] = ()) -> list[str]:
    """A line for each; ``before`` is what was kept last."""
    kept = {row.name: row for row in before}
    lines = [f"{'':24}{'beside':34}{'its ms':>10}{'our ms':>10}{'times as fast':>22}  kept"]
    for row in rows:
        times = f"{row.times:.2f} [{row.low:.2f}, {row.high:.2f}]"
        figures = f"{row.other_ms:10.2f}{row.ours_ms:10.2f}{times:>22}"
        lines.append(f"{row.work:24}{row.other:34}{figures}  {_change(row, kept.get(row.name))}")
    return lines


def _change(row: Beside, kept: Beside | None) -> str:
    if kept is None:
        return "-"
    if row.slower_than(kept):
        return f"{kept.times:.2f}: SLOWER"
    return f"{kept.times:.2f}" + (": faster" if kept.slower_than(row) else "")


def slower(rows: Sequence[Beside], before: Sequence[Beside]) -> list[str]:
    """Names of what has become slower."""
    kept = {row.name: row for row in before}
    return [row.name for row in rows if row.name in kept and row.slower_than(kept[row.name])]


def last(history: Path = HISTORY) -> list[Beside]:
    """The entry that was kept last; nothing before there is one."""
    entries = _entries(history)
    return [Beside(**row) for row in entries[-1]["rows"]] if entries else []


def keep(rows: Sequence[Beside], history: Path = HISTORY) -> None:
    """Add an entry: what was measured, of which code, when, on what."""
    words = ["git", "describe", "--always", "--dirty"]
    told = subprocess.run(words, cwd=history.parent, capture_output=True, text=True, check=False)
    entry = {
        "code": told.stdout.strip(),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "rows": [asdict(row) for row in rows],
    }
    history.write_text(json.dumps([*_entries(history), entry], indent=1) + "\n")


def _entries(history: Path) -> list[dict[str, Any]]:
    return json.loads(history.read_text()) if history.exists() else []
