"""Which samples make which step: a pure function of the seed, so that a run resumes at any step.

Every source's epochs' shuffles are laid end to end. A mixture deals them out: an epoch has as many
places as there are rows, each source gets its share of them in shuffled places and fills them with
its next rows. Where all rows are seen equally often there is nothing to deal, and all sources are
shuffled as one. The epochs are laid end to end again and cut into batches; a batch may straddle
two. At last the batches of a window exchange their samples until each holds samples of similar
length, and are shuffled.

The samples of a step are the same whatever the number of workers, each of which takes its slice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.config.train import TrainConfig
from cadvlm.training.mixture import Mixture

Rows = NDArray[np.int64]


class Facts(NamedTuple):
    """What is known of every row before it is read, each (N,)."""

    source: Rows
    """Position of its source among the mixture's; -1 when the mixture leaves it out."""

    length: Rows
    """Grows with the number of tokens."""

    complexity: Rows
    """What the curriculum goes by."""

    def only(self, rows: Sequence[int]) -> Facts:
        """The same, with all but these rows left out."""
        source = np.full_like(self.source, -1)
        source[list(rows)] = self.source[list(rows)]
        return self._replace(source=source)


class Order:
    """The way through the rows of a training split in steps of ``rows_per_step``."""

    def __init__(self, config: TrainConfig, mixture: Mixture, facts: Facts) -> None:
        """The order of a run over the rows that ``facts`` tells of."""
        self.config, self.mixture, self.facts = config, mixture, facts
        self.steps, self.stop = mixture.steps(config), mixture.stop(config)
        self.samples = mixture.total
        # Rows that are shuffled together: all of them, or those of each source.
        apart = [] if mixture.is_even else list(mixture.shares.values())
        groups = [facts.source == number for number in range(len(apart))] or [facts.source >= 0]
        self.groups = [self._simplest_first(np.flatnonzero(group)) for group in groups]
        # Where the groups' shares of an epoch begin and end.
        self.bounds = np.array([0.0, *np.cumsum(apart[:-1]), 1.0])

    def epoch(self, step: int) -> float:
        """Passes over the data when ``step`` steps are done."""
        return step * self.config.rows_per_step / self.samples

    def open(self, steps: NDArray[np.int64] | int) -> NDArray[np.float64]:
        """Share of the rows from which the curriculum lets these steps draw."""
        curriculum = self.config.curriculum
        if curriculum is None:
            return np.ones_like(steps, float)
        start, over = curriculum.start, curriculum.over * self.steps
        return start + (1 - start) * np.minimum(1.0, np.asarray(steps) / over)

    def step(self, step: int) -> Rows:
        """Rows of one step (rows_per_step,), counted from zero."""
        window, within = divmod(step, self.config.grouped_batches)
        rows: Rows = _window(self, window)[within]
        return rows

    def sources(self, step: int) -> Rows:
        """How many rows of a step come from each source (sources,)."""
        sources = self.facts.source[self.step(step)]
        return np.bincount(sources, minlength=len(self.mixture.rows)).astype(np.int64)

    def micro_batches(self, step: int, micro_batch: int, rank: int, workers: int) -> Rows:
        """One worker's rows of a step (accumulation, micro_batch)."""
        return self.step(step).reshape(-1, workers, micro_batch)[:, rank]

    def _simplest_first(self, rows: Rows) -> Rows:
        if self.config.curriculum is None:
            return rows
        return rows[np.argsort(self.facts.complexity[rows], kind="stable")]


@lru_cache(maxsize=2)
def _window(order: Order, number: int) -> Rows:
    """Rows of the batches that are grouped together (batches, rows_per_step)."""
    size, batches = order.config.rows_per_step, order.config.grouped_batches
    first = number * batches
    # The last one ends with the run, so that all that is drawn for it is seen.
    last = min(first + batches, order.steps)
    rows = _cut(partial(_epoch, order), order.samples, first * size, last * size)
    if batches == 1:
        return rows.reshape(1, size)
    by_length = rows[np.argsort(order.facts.length[rows], kind="stable")].reshape(-1, size)
    return by_length[_shuffle(last - first, order.config.seed, number, 0, _BATCHES)]


@lru_cache(maxsize=2)
def _epoch(order: Order, number: int) -> Rows:
    """As many draws as there are rows (samples,)."""
    seed, places = order.config.seed, np.arange(order.samples)
    drawn = np.outer([number, number + 1], order.samples * order.bounds)
    starts, stops = np.diff(np.floor(drawn + 0.5).astype(np.int64), axis=1)
    dealt = np.repeat(np.arange(len(order.groups)), stops - starts)
    if len(order.groups) > 1:
        dealt = dealt[_shuffle(len(dealt), seed, number, 0, _PLACES)]
    open_share = order.open((number * order.samples + places) // order.config.rows_per_step)
    rows = np.empty_like(places)
    for group, members in enumerate(order.groups):
        mine, count = dealt == group, len(members)
        shuffles = partial(_group_shuffle, seed, group, count)
        ranks = _cut(shuffles, count, starts[group], stops[group])
        # A rank among all rows becomes one among those that are open.
        open_rows = np.ceil(open_share[mine] * count).astype(np.int64)
        rows[mine] = members[ranks * open_rows // count]
    return rows


def _cut(piece: Callable[[int], Rows], length: int, start: int, stop: int) -> Rows:
    """Places ``start`` to ``stop`` of an endless row of pieces of one length."""
    pieces = [
        piece(number)[max(0, start - number * length) : stop - number * length]
        for number in range(start // length, -(-stop // length))
    ]
    return np.concatenate([np.empty(0, np.int64), *pieces])


_PLACES, _BATCHES = 1, 2
"""What else is shuffled, beside the rows of a group."""


def _group_shuffle(seed: int, group: int, count: int, epoch: int) -> Rows:
    return _shuffle(count, seed, epoch, group)


def _shuffle(count: int, *seeds: int) -> Rows:
    return np.random.default_rng(seeds).permutation(count)
