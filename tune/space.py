"""YAML ranges to settings to try. Keys are the dotted keys of the command line."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from cadvlm.errors import ConfigError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Settings = dict[str, Any]

_DRAWS: dict[str, Callable[[random.Random, Sequence[Any]], Any]] = {
    "loguniform": lambda rng, span: math.exp(rng.uniform(math.log(span[0]), math.log(span[1]))),
    "uniform": lambda rng, span: rng.uniform(span[0], span[1]),
    "randint": lambda rng, span: rng.randint(span[0], span[1]),
    "choice": lambda rng, span: rng.choice(span),
}


def variants(
    spaces: Sequence[Mapping[str, Any]], draws: int, seed: int, *, lists_in_full: bool = True
) -> list[Settings]:
    """The settings to try, each once, in the order of the spaces.

    Args:
        spaces: of dotted keys.
        draws: of what is drawn; every list is tried in full for each, or drawn from too.
        seed: decides what is drawn.
        lists_in_full: whether lists are.

    Raises:
        ConfigError: a range that is neither a list nor one of the known draws.
    """
    rng, tried = random.Random(seed), []
    for space in spaces:
        ranges = {key: _range(key, values) for key, values in space.items()}
        for _ in range(draws):
            drawn = {
                key: span if kind == "list" and lists_in_full else [_drawn(rng, kind, span)]
                for key, (kind, span) in ranges.items()
            }
            tried += [dict(zip(drawn, values, strict=True)) for values in product(*drawn.values())]
    return list(_distinct(tried))


def distributions(space: Mapping[str, Any]) -> dict[str, BaseDistribution]:
    """The same as Optuna knows it; raises as :func:`variants` does."""
    return {key: _distribution(*_range(key, values)) for key, values in space.items()}


def _drawn(rng: random.Random, kind: str, span: Sequence[Any]) -> Any:
    return _DRAWS["choice" if kind == "list" else kind](rng, span)


def _range(key: str, values: Any) -> tuple[str, Sequence[Any]]:
    """The kind of a range and its span."""
    if isinstance(values, list) and values:
        return "list", values
    if isinstance(values, dict) and len(values) == 1:
        [(kind, span)] = values.items()
        wanted = isinstance(span, list) and (span if kind == "choice" else len(span) == 2)
        if kind in _DRAWS and wanted:
            return kind, span
    raise ConfigError(
        f"sweep.space.{key}: expected a list, or one of {', '.join(_DRAWS)} with a list, "
        f"found {values!r}"
    )


def _distribution(kind: str, span: Sequence[Any]) -> BaseDistribution:
    from optuna import distributions as optuna

    match kind:
        case "loguniform" | "uniform":
            return optuna.FloatDistribution(span[0], span[1], log=kind == "loguniform")
        case "randint":
            return optuna.IntDistribution(span[0], span[1])
    return optuna.CategoricalDistribution(span)


def _distinct(settings: Sequence[Settings]) -> Iterator[Settings]:
    for place, one in enumerate(settings):
        if one not in settings[:place]:
            yield one
