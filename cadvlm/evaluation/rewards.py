"""A scorer that pays: what programs earn, for a model that learns from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cadvlm.config.reward import RewardConfig
from cadvlm.errors import InputError
from cadvlm.evaluation.actors import Scorer
from cadvlm.records import CadProgram
from cadvlm.references.reference import Reference
from cadvlm.scoring.reward import Reward, reward


class Attempt(NamedTuple):
    """A program that should build what another one builds."""

    place: int
    """Among those that are asked about together."""
    program: CadProgram
    reference: CadProgram


class Judge(Scorer):
    """Pays programs. Holds a warm sandbox."""

    def __init__(self, config: RewardConfig) -> None:
        super().__init__(config.limits, seed=0)
        self._invalid, self._size = config.invalid, config.size

    def pay(self, attempts: Sequence[Attempt]) -> list[Reward | None]:
        """What each earns; None where the reference itself builds nothing, which is our fault."""
        pairs = [(one.program, one.reference) for one in attempts]
        earned = {pair: self._pay(*pair) for pair in dict.fromkeys(pairs)}
        return [earned[pair] for pair in pairs]

    def _pay(self, program: CadProgram, reference: CadProgram) -> Reward | None:
        try:
            wanted = self._measure(Reference("", "", reference))
        except InputError:
            return None
        result = self.execute(program)
        return reward(
            result.solid,
            wanted,
            unsound=result.unsound,
            invalid=self._invalid,
            size=self._size,
        )
