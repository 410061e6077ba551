"""What a study says: a table, differences from the first arm, and the sentence to quote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.errors import InputError
from cadvlm.evaluation.scores import UNSCORED
from cadvlm.execution.result import Status
from cadvlm.reports import measures
from cadvlm.scoring.aggregate import by_faces
from cadvlm.scoring.crossed import difference, estimate
from studies.config import StudyConfig

Row = Mapping[str, Any]

DEPTHS = (0, 2, 4, 7, 10, 13, 16)
"""Numbers of operations from which on a program is of the next depth."""


class Scored(NamedTuple):
    """One arm from one seed."""

    arm: str
    seed: int
    rows: dict[str, Row]
    """Of ``scores.parquet``, by part."""
    seconds: float
    """Of training, all stages together."""
    rewards: list[tuple[int, float]]
    """Of the last stage, where it learns from them: steps and mean reward on the validation
    split."""
    places: dict[str, Any]
    """Where everything is."""


def answer(config: StudyConfig, scored: Sequence[Scored]) -> dict[str, Any]:
    """The content of ``study.json``.

    Raises:
        InputError: the arms have no part in common.
    """
    parts = _judged_in_all(scored)
    if not parts:
        raise InputError(f"{config.out}: no part was judged in every run of the study")
    values = {
        name: {measure: _values(scored, name, measure, parts) for measure in config.measures}
        for name in config.arms
    }
    first, *others = config.arms
    arms = {
        name: {
            "measures": {measure: estimate(found) for measure, found in values[name].items()},
            "seconds": float(np.mean([one.seconds for one in scored if one.arm == name])),
            "rewards": {str(one.seed): one.rewards for one in scored if one.arm == name},
            "runs": {str(one.seed): one.places for one in scored if one.arm == name},
        }
        for name in config.arms
    }
    differences = {
        name: {
            measure: difference(found, values[first][measure])
            for measure, found in values[name].items()
        }
        for name in others
    }
    summary = {
        "question": config.question,
        "seeds": list(config.seeds),
        "parts": len(parts),
        "unscored": max(len(one.rows) for one in scored) - len(parts),
        "quoted": config.quoted,
        "first": first,
        "arms": arms,
        "differences": differences,
        "groups": _groups(config, scored, parts),
    }
    return {**summary, "sentence": sentence(summary)}


def sentence(summary: Mapping[str, Any]) -> str:
    """What a reader may quote: means, differences and what they do not show."""
    quoted, first = summary["quoted"], summary["first"]
    label, digits = measures.label(quoted), measures.digits(quoted)
    seeds = f"{len(summary['seeds'])} seed{'s' if len(summary['seeds']) > 1 else ''}"

    def found(name: str) -> dict[str, Any]:
        body: dict[str, Any] = summary["arms"][name]["measures"][quoted]
        return body

    def against(name: str, body: Mapping[str, Any]) -> str:
        change = f"{_rounded(body['mean'], digits):+.{digits}f} ({_range(body['ci95'], digits)})"
        shown = body["ci95"] is not None and not body["ci95"][0] <= 0 <= body["ci95"][1]
        mean = f"{found(name)['mean']:.{digits}f}"
        return f"{name} {mean}, {change}{'' if shown else ': no difference shown'}"

    if found(first)["mean"] is None:
        return f"Nothing can be said: no part has a value of {label}."
    others = "; ".join(
        against(name, body[quoted])
        for name, body in summary["differences"].items()
        if body[quoted]["mean"] is not None
    )
    return (
        f"Mean {label} on {summary['parts']} held-out parts, {seeds}: "
        f"{first} {found(first)['mean']:.{digits}f} "
        f"({_range(found(first)['ci95'], digits)}); {others}."
    )


def _range(ends: Sequence[float] | None, digits: int) -> str:
    if ends is None:
        return "no interval"
    low, high = (f"{_rounded(end, digits):.{digits}f}" for end in ends)
    return f"95 % {low} to {high}"


def _rounded(value: float, digits: int) -> float:
    """Without a sign where nothing is left of it."""
    return round(value, digits) + 0.0


def _judged_in_all(scored: Sequence[Scored]) -> list[str]:
    """Parts that every run has judged; a reference that did not build once counts for none."""
    judged = [
        {part for part, row in one.rows.items() if row["status"] != UNSCORED} for one in scored
    ]
    return sorted(set.intersection(*judged))


def _values(
    scored: Sequence[Scored], arm: str, measure: str, parts: Sequence[str]
) -> NDArray[np.float64]:
    """Of an arm by seed and part (S, P), NaN where there is none."""
    runs = [one.rows for one in scored if one.arm == arm]
    return np.array([[_value(rows[part], measure) for part in parts] for rows in runs], float)


def _value(row: Row, measure: str) -> float:
    if measure == "valid_solid_rate":
        return float(row["status"] == Status.OK)
    value = row[measure]
    return float("nan") if value is None else float(value)


def _groups(
    config: StudyConfig, scored: Sequence[Scored], parts: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """What is quoted, by what parts are told apart by, group and arm; the simplest parts first."""
    found: dict[str, dict[str, Any]] = {}
    for by in config.by:
        groups: dict[str, list[str]] = {}
        for part in parts:
            groups.setdefault(_group(scored[0].rows[part], by), []).append(part)
        found[by] = {
            group: {
                name: estimate(_values(scored, name, config.quoted, groups[group]))
                for name in config.arms
            }
            for group in sorted(groups, key=_first_number)
        }
    return found


def _group(row: Row, by: str) -> str:
    if by == "n_faces":
        return by_faces(row["n_faces"])
    if row[by] is None:
        return "unknown"
    if by == "n_operations":
        low = next(low for low in reversed(DEPTHS) if row[by] >= low)
        return f"{low} operations and more"
    return str(row[by])


def _first_number(group: str) -> tuple[int, str]:
    number = re.match(r"\d+", group)
    return (int(number[0]) if number else 0, group)
