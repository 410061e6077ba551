from __future__ import annotations

import pytest

from cadvlm.scoring.agreement import Agreement
from serve.selection import Rule, Tried, select


def _tried(digest: str, score: float | None = None, valid: bool = True) -> Tried:
    return Tried(digest, valid, None if score is None else Agreement(score, 0.9, 0.8, 0.7, "iso"))


@pytest.mark.parametrize(
    ("tried", "index", "rule"),
    [
        ([_tried("a", 0.2)], 0, Rule.ONLY_CANDIDATE),
        ([_tried("a", valid=False)], 0, Rule.ONLY_CANDIDATE),
        ([_tried("a", 0.2), _tried("a", 0.2)], 0, Rule.ONLY_CANDIDATE),
        ([_tried("a", valid=False), _tried("b", valid=False)], 0, Rule.NONE_VALID),
        ([_tried("a", valid=False), _tried("b", 0.1)], 1, Rule.FIRST_VALID),
        ([_tried("a", valid=False), _tried("b"), _tried("c")], 1, Rule.FIRST_VALID),
        ([_tried("a", 0.2), _tried("b", 0.9), _tried("c", 0.5)], 1, Rule.AGREEMENT),
        ([_tried("a", 0.5), _tried("b", 0.5)], 0, Rule.AGREEMENT),
        ([_tried("a", valid=False), _tried("b", 0.1), _tried("c", 0.2)], 2, Rule.AGREEMENT),
    ],
    ids=[
        "one", "one that fails", "one, twice", "none builds", "one builds", "a blank picture",
        "the best", "equals", "the best of those that build",
    ],
)  # fmt: skip
def test_the_rule_and_the_choice(tried: list[Tried], index: int, rule: Rule) -> None:
    choice = select(tried)
    assert (choice.number, choice.rule) == (index, rule)
    assert choice.reason


def test_the_reason_names_cues_camera_and_runner_up() -> None:
    reason = select([_tried("a", 0.25), _tried("b", 0.75)]).reason
    for said in ("0.75", "silhouette 0.90", "edges 0.80", "shading 0.70", "iso", "0.25"):
        assert said in reason
