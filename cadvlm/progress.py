"""Progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from tqdm import tqdm


class Progress:
    """Counts what is done and says how fast it goes and how long it will take.

    Use as a context manager::

        with Progress("execute", total=1322, unit="parts") as progress:
            progress.advance(20, note="3 failed")
    """

    def __init__(self, title: str, total: int, unit: str, *, done: int = 0, every_s: float = 10.0):
        self.title, self.total, self.unit, self.done = title, total, unit, done
        self._already = done
        self._said_at: int | None = None
        self._every_s = every_s
        self._started = self._said = time.monotonic()
        self._bar = (
            tqdm(total=total, initial=done, desc=title, unit=f" {unit}", dynamic_ncols=True)
            if sys.stderr.isatty()
            else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        elif kind is None and self._said_at != self.done:
            self._say()

    def advance(self, count: int = 1, note: str = "") -> None:
        """Record ``count`` more done; ``note`` is shown beside the rate."""
        self.done += count
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(count)
        elif time.monotonic() - self._said >= self._every_s:
            self._say(note)

    def _say(self, note: str = "") -> None:
        self._said, self._said_at = time.monotonic(), self.done
        elapsed = self._said - self._started
        rate = (self.done - self._already) / elapsed if elapsed else 0.0
        left = f", {_clock((self.total - self.done) / rate)} left" if rate else ""
        took = f"in {_clock(elapsed)}" if self.done >= self.total else left.removeprefix(", ")
        line = f"{self.title}: {self.done}/{self.total} {self.unit}, {rate:.3g}/s, {took}"
        print(f"{line}  {note}".rstrip(), file=sys.stderr, flush=True)


def warn(line: str) -> None:
    """Say something that a person should know, and go on."""
    print(f"warning: {line}", file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
