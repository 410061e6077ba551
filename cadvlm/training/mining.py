"""Which questions a model learns from its rewards: those that it does not answer well yet.

Where all answers earn the same nothing is learnt, and most of the time goes into executing them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from cadvlm.config.reward import MiningConfig
from cadvlm.errors import InputError
from cadvlm.storage import Folder

FOUND = "mining.json"


class Tried(NamedTuple):
    """A row of the training split that was tried."""

    row: int
    """Its number among the rows that can be trained on."""
    source: str
    reward: float
    """Mean over the answers; NaN where its own program builds nothing."""


class Hard(NamedTuple):
    """The rows that are worth asking about."""

    rows: list[int]
    sources: Counter[str]
    """How many there are of each source."""

    @classmethod
    def of(cls, folder: Folder) -> Hard | None:
        """Those that were found for a run, if they were."""
        if not folder.exists(FOUND):
            return None
        found = folder.read_json(FOUND)
        return cls(found["rows"], Counter(found["sources"]))


def keep(tried: Sequence[Tried], config: MiningConfig, folder: Folder) -> Hard:
    """The hard ones; what was found is kept for whoever goes on with the run.

    Raises:
        InputError: there are none.
    """
    hard = [one for one in tried if one.reward < config.below]  # NaN is not
    if not hard:
        raise InputError(
            f"reward.mining: of {len(tried)} questions none earns less than {config.below} on "
            "average: raise below, or leave mining out"
        )
    known = [one.reward for one in tried if one.reward == one.reward]
    found: dict[str, Any] = {
        "tried": len(tried),
        "mean": sum(known) / len(known),
        "kept": len(hard),
        "rows": [one.row for one in hard],
        "sources": Counter(one.source for one in hard),
    }
    folder.write_json(FOUND, found)
    return Hard(found["rows"], found["sources"])
