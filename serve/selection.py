"""Which of several programs is the answer, and why.

Of those that build a solid, the one whose picture agrees best with the picture that was sent
(:mod:`cadvlm.scoring.agreement`). Programs that say the same are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from cadvlm.scoring.agreement import Agreement


class Rule(StrEnum):
    """What decided."""

    ONLY_CANDIDATE = "only_candidate"
    """There was one program, or several that were the same."""
    AGREEMENT = "agreement"
    """Several build a solid; this one looks most like the picture."""
    FIRST_VALID = "first_valid"
    """The only one that builds a solid, or the first where the picture shows nothing to go by."""
    NONE_VALID = "none_valid"
    """None builds a solid; this is the first."""


class Tried(NamedTuple):
    """What is known of a candidate when one is to be chosen."""

    digest: str
    valid: bool
    agreement: Agreement | None


class Choice(NamedTuple):
    """One of them."""

    number: int
    """Its place among them."""
    rule: Rule
    reason: str
    """A sentence for people."""


def select(tried: Sequence[Tried]) -> Choice:
    """Choose among at least one candidate; of equals, the first."""
    distinct = len({one.digest for one in tried})
    valid = {one.digest: index for index, one in reversed(list(enumerate(tried))) if one.valid}
    of_all = f"of {len(tried)} programs, {distinct} of them distinct"
    if distinct == 1:
        builds = "builds a solid" if valid else "builds no solid"
        return Choice(0, Rule.ONLY_CANDIDATE, f"the only program {builds}")
    if not valid:
        return Choice(0, Rule.NONE_VALID, f"none {of_all}, builds a solid")
    first = min(valid.values())
    compared = {index: it for index in valid.values() if (it := tried[index].agreement)}
    if len(valid) == 1:
        return Choice(first, Rule.FIRST_VALID, f"the only one {of_all}, that builds a solid")
    if not compared:
        return Choice(first, Rule.FIRST_VALID, "the picture shows nothing to compare with")
    ranked = sorted(compared, key=lambda index: (-compared[index].score, index))
    best = compared[ranked[0]]
    others = f"; the next best {compared[ranked[1]].score:.2f}" if len(ranked) > 1 else ""
    return Choice(
        ranked[0],
        Rule.AGREEMENT,
        f"agrees with the picture to {best.score:.2f} (silhouette {best.silhouette:.2f}, edges "
        f"{best.edges:.2f}, shading {best.shading:.2f}) seen from {best.view}{others}",
    )
