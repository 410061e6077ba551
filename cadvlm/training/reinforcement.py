"""Learning from what one's own programs build: a worker's part.

In every step each worker writes a group of answers to each of its questions with the weights as
they are, Ray actors execute them and pay (:mod:`cadvlm.evaluation.rewards`), and what comes of it
are micro-batches like any others, with the advantage of every answer. So nothing is ever learnt
from a model of some steps ago, and nothing but the weights is kept between steps: the questions and
what is drawn follow from the seed and the step, whatever the number of workers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from ray.actor import ActorHandle
from transformers import BatchFeature

from cadvlm.codegen.answer import program_text
from cadvlm.config.evaluate import GenerationConfig
from cadvlm.config.train import TrainConfig
from cadvlm.evaluation.pool import chunks, spread
from cadvlm.evaluation.rewards import Attempt
from cadvlm.models.collate import Encoded
from cadvlm.models.generate import Generator
from cadvlm.models.load import Loaded
from cadvlm.models.prompt import answered
from cadvlm.models.sampling import Sampling
from cadvlm.records import CadProgram
from cadvlm.scoring.reward import Reward
from cadvlm.training.engine import Engine
from cadvlm.training.feed import Feed
from cadvlm.training.loss import log_likelihoods
from cadvlm.training.order import Order
from cadvlm.training.policy import advantages, divergence, strongest, surrogate
from cadvlm.training.reference import Reference
from cadvlm.training.together import dealt, summed

_OWN = ("advantages", "before", "reference")
"""What a micro-batch holds beside what the model reads and the labels."""


class Written(NamedTuple):
    """One answer."""

    tokens: list[int]
    """With the one that ends it, unless it was cut off."""
    reward: Reward | None
    """None where the reference builds nothing."""


class Reinforcement:
    """Writes, has paid and learns. All workers make the same calls."""

    def __init__(
        self,
        config: TrainConfig,
        engine: Engine,
        reference: Reference | None,
        judges: Sequence[ActorHandle],
        device: torch.device,
        rank: int,
        workers: int,
    ) -> None:
        assert config.reward is not None
        self.config, self.settings, self.engine = config, config.reward, engine
        self.reference, self.device = reference, device
        self.rank, self.workers = rank, workers
        # An actor does one thing at a time: as far as there are enough, each worker has its own.
        self._judges = judges[rank::workers] if len(judges) >= workers else judges
        self.tally = Tally(device)

    def batches(self, feed: Feed, order: Order, steps: Iterable[int]) -> Iterator[BatchFeature]:
        """This worker's micro-batches of every step, made when they are asked for."""
        for step in steps:
            rows = order.micro_batches(step, 1, self.rank, self.workers)[:, 0].tolist()
            yield from self._round(feed, rows, step)

    def loss(self, batch: BatchFeature) -> torch.Tensor:
        """Summed over the answer tokens of a micro-batch."""
        now = self._log_likelihoods(batch)
        # At the first of several updates the model is still the one that wrote.
        before = batch.setdefault("before", now.detach())
        loss = surrogate(now, before, batch["advantages"].to(self.device), self.settings.clip)
        if "reference" not in batch:
            return loss
        apart = divergence(now, batch["reference"])
        self.tally.add_divergence(apart.detach(), int((before != 0).sum()))
        return loss + self.settings.kl * apart

    def missing(self, feed: Feed) -> float:
        """What greedy answers to all questions of a feed lack of the full reward, on average."""
        count = len(feed.rows)
        places = dealt(count, self.rank, self.workers)
        written = self._answer(feed, (places % count).tolist(), 1)
        known = [
            one.reward.value
            for place, [one] in zip(places, written, strict=True)
            if place < count and one.reward is not None
        ]
        lacking, counted = summed([len(known) - sum(known), len(known)], self.device)
        return lacking / max(1.0, counted)

    def try_out(self, feed: Feed, rows: Sequence[int], answers: int) -> list[float]:
        """Mean reward of so many answers to each of these rows; NaN where it is not known."""
        share = -(-len(rows) // self.workers)
        mine = [rows[(self.rank * share + place) % len(rows)] for place in range(share)]
        written = self._answer(feed, mine, answers, lambda row, nth: self._seed(0, mine[row], nth))
        means = _values(written).mean(axis=1).tolist()
        found: list[Any] = [None] * self.workers
        dist.all_gather_object(found, means)
        return [mean for share_of_one in found for mean in share_of_one][: len(rows)]

    def figures(self) -> dict[str, Any]:
        """Of the answers since the last call, of all workers, for a row of metrics."""
        figures = self.tally.totals()
        self.tally = Tally(self.device)
        return figures

    def _round(self, feed: Feed, rows: Sequence[int], step: int) -> Iterator[BatchFeature]:
        def seed(row: int, nth: int) -> int:
            return self._seed(step + 1, self.rank + row * self.workers, nth)  # dealt by turns

        written = self._answer(feed, rows, self.settings.group, seed)
        self.tally.add(written)
        apart = advantages(_values(written), self.settings.scaled)
        kept = strongest(apart, self.settings.learnt)
        samples = [
            (answered(feed.processor, question, written[row][nth].tokens), apart[row, nth])
            for row, question in enumerate(feed.questions(rows))
            for nth in kept[row]
        ]
        for part in chunks(samples, self.config.micro_batch):
            batch = feed.join([sample for sample, _ in part])
            batch["advantages"] = torch.tensor([value for _, value in part], dtype=torch.float32)
            if self.reference is not None:
                with self.engine.evaluating():
                    batch["reference"] = self._log_likelihoods(batch, self.reference)
            yield batch

    def _answer(
        self,
        feed: Feed,
        rows: Sequence[int],
        answers: int,
        seed: Callable[[int, int], int] | None = None,
    ) -> list[list[Written]]:
        """So many answers to each row, paid. ``seed`` is for a row's nth; without it the likeliest
        is written."""
        questions = [question for question in feed.questions(rows) for _ in range(answers)]
        most, heat = self.settings.max_new_tokens, self.settings.temperature
        how = [
            Sampling(most, heat, seed(row, nth)) if seed else Sampling(most)
            for row in range(len(rows))
            for nth in range(answers)
        ]
        tokens = self._write(feed, questions, how)
        texts = feed.processor.batch_decode(tokens, skip_special_tokens=True)
        rewards = self._paid(feed, [row for row in rows for _ in range(answers)], texts, answers)
        paid = [Written(*one) for one in zip(tokens, rewards, strict=True)]
        return list(chunks(paid, answers))

    def _write(
        self, feed: Feed, questions: Sequence[Encoded], how: Sequence[Sampling]
    ) -> list[list[int]]:
        size, written = self.settings.at_once, list[list[int]]()
        with self.engine.evaluating() as model:
            generator = Generator.of(
                Loaded(model, feed.processor),
                GenerationConfig(batch_size=size),
                together=self.config.zero_stage == 3 and self.workers > 1,
            )
            for start in range(0, len(questions), size):
                part = slice(start, start + size)
                written += generator.tokens(questions[part], how[part])
        return written

    def _paid(
        self, feed: Feed, rows: Sequence[int], texts: Sequence[str], together: int
    ) -> list[Reward | None]:
        """The rewards of answers to these rows; so many go to an actor at a time."""
        attempts = (
            Attempt(place, CadProgram(program_text(text), language), CadProgram(code, language))
            for place, (text, code, language) in enumerate(
                zip(
                    texts, _column(feed, "code", rows), _column(feed, "language", rows), strict=True
                )
            )
        )
        # A program that kills every actor that it meets has earned what any broken one has.
        rewards: list[Reward | None] = [Reward(self.settings.invalid, 0.0, "invalid")] * len(rows)
        for batch, paid in spread(self._judges, "pay", chunks(attempts, together)):
            for attempt, reward in zip(batch, paid or [], strict=False):
                rewards[attempt.place] = reward
        return rewards

    def _log_likelihoods(
        self, batch: BatchFeature, reference: Reference | None = None
    ) -> torch.Tensor:
        plain = BatchFeature({key: value for key, value in batch.items() if key not in _OWN})
        logits = reference.logits if reference else self.engine.logits
        heat = self.settings.temperature  # what learns is what wrote

        def heated(inputs: BatchFeature, keep: int) -> torch.Tensor:
            return logits(inputs, keep) / heat

        return log_likelihoods(heated, plain, self.device)

    def _seed(self, *place: int) -> int:
        """A number for an answer by its step, its question and its place in the group."""
        seeds = np.random.SeedSequence((self.config.seed, *place))
        return int(seeds.generate_state(1, np.uint64)[0] >> 1)


class Tally:
    """What one worker's answers earned since the last row of metrics."""

    GATES = ("invalid", "unsound", "overlap", "void", "mirror", "size")

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._counted: dict[str, float] = defaultdict(float)
        self._divergence = torch.zeros((), dtype=torch.float64, device=device)

    def add(self, written: Sequence[Sequence[Written]]) -> None:
        """The groups of a step."""
        counted = self._counted
        for group in written:
            known = [one.reward for one in group if one.reward is not None]
            values = [reward.value for reward in known]
            counted["answers"] += len(known)
            counted["unscored"] += len(group) - len(known)
            counted["tokens"] += sum(len(one.tokens) for one in group)
            counted["reward"] += sum(values)
            counted["iou"] += sum(reward.iou for reward in known)
            counted["groups"] += 1
            counted["spread"] += float(np.std(values)) if values else 0.0
            counted["telling"] += bool(values) and max(values) > min(values)
            for reward in known:
                counted[reward.refused or "passed"] += 1

    def add_divergence(self, apart: torch.Tensor, tokens: int) -> None:
        """Of a micro-batch from the reference, summed over so many tokens."""
        self._divergence += apart
        self._counted["learnt"] += tokens

    def totals(self) -> dict[str, Any]:
        """Means over the answers of all workers. All workers call this."""
        names = ("answers", "unscored", "tokens", "reward", "iou", "groups", "spread", "telling",
                 "learnt", *self.GATES)  # fmt: skip
        own = [*(self._counted[name] for name in names), float(self._divergence)]
        *counts, apart = summed(own, self._device)
        total = dict(zip(names, counts, strict=True))
        answers, groups = max(1.0, total["answers"]), max(1.0, total["groups"])
        return {
            "mean": total["reward"] / answers,
            "iou": total["iou"] / answers,
            "valid_solid_rate": 1 - total["invalid"] / answers,
            "refused": {name: total[name] / answers for name in self.GATES[1:]},
            "unscored": total["unscored"],
            "spread": total["spread"] / groups,
            "telling": total["telling"] / groups,
            "tokens": total["tokens"] / (total["answers"] + total["unscored"] or 1.0),
            **({"kl": apart / total["learnt"]} if total["learnt"] else {}),
        }


def _values(written: Sequence[Sequence[Written]]) -> NDArray[np.float64]:
    """Rewards (Q, G), NaN where unknown."""
    return np.array(
        [[one.reward.value if one.reward else np.nan for one in group] for group in written], float
    )


def _column(feed: Feed, name: str, rows: Sequence[int]) -> list[str]:
    return [feed.rows[name][row].as_py() for row in rows]
