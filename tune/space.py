"""YAML ranges to a Ray search space. Keys are the dotted keys of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ray.tune

from cadvlm.errors import ConfigError

_DRAWS: dict[str, Callable[..., Any]] = {
    "loguniform": lambda span: ray.tune.loguniform(*span),
    "uniform": lambda span: ray.tune.uniform(*span),
    "choice": ray.tune.choice,
}


def search_space(space: Mapping[str, Any]) -> dict[str, Any]:
    """Ray's search space.

    Raises:
        ConfigError: a range that is neither a list nor one of the known draws.
    """
    return {key: _dimension(key, values) for key, values in space.items()}


def _dimension(key: str, values: Any) -> Any:
    if isinstance(values, list) and values:
        return ray.tune.grid_search(values)
    if isinstance(values, dict) and len(values) == 1:
        [(kind, span)] = values.items()
        if kind in _DRAWS and isinstance(span, list) and span:
            return _DRAWS[kind](span)
    raise ConfigError(
        f"sweep.space.{key}: expected a list, or one of {', '.join(_DRAWS)} with a list, "
        f"found {values!r}"
    )
