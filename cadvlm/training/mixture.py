"""How often each source is drawn.

However it is asked for, by shares or by epochs, a mixture comes down to one number for each source:
how often its rows are seen in the whole run. Where that is the same for all, rows and not sources
are drawn: every row comes once an epoch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from cadvlm.config.train import TrainConfig
from cadvlm.errors import ConfigError

REPLAY = "replay"
"""The source that stands for all rows of an earlier dataset."""


class Mixture(NamedTuple):
    """What a run draws of each source, by the name that stands in its rows."""

    rows: dict[str, int]
    """Rows there are, of the sources that are drawn from."""

    epochs: dict[str, float]
    """How often each of these rows is seen until the run ends."""

    @property
    def total(self) -> int:
        """Rows of all sources: as many draws are an epoch."""
        return sum(self.rows.values())

    @property
    def is_even(self) -> bool:
        """Whether all rows are seen equally often."""
        return len(set(self.epochs.values())) == 1

    @property
    def shares(self) -> dict[str, float]:
        """Share of the samples that come from each source."""
        drawn = {name: rows * self.epochs[name] for name, rows in self.rows.items()}
        return {name: count / sum(drawn.values()) for name, count in drawn.items()}

    def steps(self, config: TrainConfig) -> int:
        """Steps until every epoch is over: the length of the schedule."""
        samples = sum(rows * self.epochs[name] for name, rows in self.rows.items())
        return math.ceil(round(samples, 6) / config.rows_per_step)

    def stop(self, config: TrainConfig) -> int:
        """Steps that are taken."""
        steps = self.steps(config)
        return min(steps, config.max_steps or steps)


def mix(config: TrainConfig, manifest: Mapping[str, Any], rows: Mapping[str, int]) -> Mixture:
    """The mixture of a run over a training split that has so many rows of each source.

    Raises:
        ConfigError: a source is named that is not there, one is not named that must be, or so
            little is asked of one that it would not be drawn once an epoch.
    """
    if config.source_epochs is not None:
        _check_names("source_epochs", config.source_epochs, rows)
        return _of(rows, config.source_epochs, "source_epochs")
    prepared = weights(manifest)
    if config.mixture is None and prepared is None:
        return _of(rows, dict.fromkeys(rows, config.epochs), "epochs")
    kept = {name: weight for name, weight in (prepared or {}).items() if name in rows}
    given = kept | (config.mixture or {})
    _check_names("mixture", given, rows)
    samples = config.epochs * sum(rows[name] for name, weight in given.items() if weight)
    whole = sum(given.values()) or 1.0
    return _of(rows, {name: samples * given[name] / whole / rows[name] for name in rows}, "mixture")


def replayed(mixture: Mixture, share: float, available: int) -> Mixture:
    """The same, with as many of an earlier dataset's rows as make up ``share`` of the samples.

    None of them comes twice as long as there are others.
    """
    samples = sum(rows * mixture.epochs[name] for name, rows in mixture.rows.items())
    wanted = max(1.0, samples * share / (1 - share))
    rows = min(available, math.ceil(round(wanted, 6)))
    return Mixture(
        {**mixture.rows, REPLAY: rows},
        {**mixture.epochs, REPLAY: wanted / rows},
    )


def _of(rows: Mapping[str, int], epochs: Mapping[str, float], key: str) -> Mixture:
    names = sorted(name for name, count in epochs.items() if count)
    if not names:
        raise ConfigError(f"{key}: nothing is left to draw from; all of {', '.join(rows)} are zero")
    mixture = Mixture({name: rows[name] for name in names}, {name: epochs[name] for name in names})
    for name, share in mixture.shares.items():
        if share * mixture.total < 1:
            raise ConfigError(
                f"{key}: {name} would not come once among {mixture.total} samples; give it more, "
                "or 0 to leave it out"
            )
    return mixture


def _check_names(key: str, given: Mapping[str, float], rows: Mapping[str, int]) -> None:
    if unknown := sorted(given.keys() - rows.keys()):
        raise ConfigError(
            f"{key}: {', '.join(unknown)} has no rows to train on; "
            f"the dataset's sources are {', '.join(sorted(rows))}"
        )
    if missing := sorted(rows.keys() - given.keys()):
        raise ConfigError(f"{key}: give {', '.join(missing)} too, 0 leaves a source out")


def weights(manifest: Mapping[str, Any]) -> dict[str, float] | None:
    """The weights with which a dataset's sources were prepared; None when they are equal."""
    sources = manifest.get("sources", {})
    given = {name: float(books.get("weight", 1.0)) for name, books in sources.items()}
    return given if len(set(given.values())) > 1 else None
