"""How long work takes, what it costs and what holds it up: unit costs times amounts.

A stage takes its start, and then as long as its scarcest means does: cores, GPUs or storage. Stages
follow one another. What is neglected, and small where tasks are many and equal: stragglers, waiting
for machines to come, work that is done twice after a failure.

Floating-point operations of a token (Kaplan et al. 2020, section 2.1): two for each weight forward,
four backward; two of those are spared where weights are frozen (LoRA), and two are added where
activations are computed again (gradient checkpointing), as our recipes do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cadvlm.errors import ConfigError
from cluster.config import MachineConfig, WorkConfig
from cluster.costs import Costs

FORWARD, BACKWARD, AGAIN = 2, 4, 2
"""Operations of a weight for a token."""

TRAINED_BYTES, FROZEN_BYTES = 16, 2
"""Memory of a weight: bf16 and its gradient, and in fp32 a copy and Adam's two moments (ZeRO,
Rajbhandari et al. 2020, section 3.1); without training, bf16 alone."""

ACTIVATIONS = 0.2
"""Share of the memory that activations, and whatever lies between blocks, take."""

CONTROL = 2
"""Answers of ``jobs.evaluate`` to each part: to its picture, and to a blank one."""

BATCH = 32
"""Answers that one GPU writes at a time: ``evaluate.generation.batch_size``."""


class Stage(NamedTuple):
    """One stage's estimate."""

    name: str
    amount: str
    hours: float
    usd: float | None
    """Of all machines as long as the stage lasts; None where a price is not known."""
    bound: str
    """What holds it up: ``cores``, ``GPUs``, ``storage`` or ``start``."""


class Means(NamedTuple):
    """What all machines have together."""

    cores: int
    gpus: int
    flops: float
    """Of all GPUs, as published; likewise the next two."""
    memory_gb: float
    memory_gb_s: float
    usd_per_hour: float | None

    @classmethod
    def of(cls, machines: Mapping[str, MachineConfig], costs: Costs) -> Means:
        """Add them up.

        Raises:
            ConfigError: a GPU that the costs do not know.
        """
        flops = memory = speed = 0.0
        for name, kind in machines.items():
            if not kind.gpus:
                continue
            if kind.gpu not in costs.gpus:
                raise ConfigError(
                    f"cluster.machines.{name}.gpu: {kind.gpu}; known are {', '.join(costs.gpus)}"
                )
            count, gpu = kind.count * kind.gpus, costs.gpus[kind.gpu]
            flops += count * gpu.flops
            memory += count * gpu.memory_gb
            speed += count * gpu.memory_gb_s
        prices = [(kind.count, kind.usd_per_hour) for kind in machines.values()]
        known = [count * price for count, price in prices if price is not None]
        return cls(
            sum(kind.count * kind.cpus for kind in machines.values()),
            sum(kind.count * kind.gpus for kind in machines.values()),
            flops,
            memory,
            speed,
            sum(known) if prices and len(known) == len(prices) else None,
        )


def estimate(
    work: WorkConfig, machines: Mapping[str, MachineConfig], costs: Costs, storage_mb_s: float
) -> list[Stage]:
    """Every stage of the work that has something to do.

    Raises:
        ConfigError: the model does not fit, or a GPU or a source is unknown.
    """
    means = Means.of(machines, costs)
    stages = []
    if work.parts:
        needs = _prepare(work, means, costs, storage_mb_s)
        stages.append(_stage("prepare", f"{work.parts:,} parts", needs, means, costs))
    if work.samples:
        _check_memory(work, means)
        tokens = work.samples * work.sample_tokens
        needs = {_device(means): _train_s(work, tokens, means, costs)}
        stages.append(_stage("train", f"{tokens:.3g} tokens", needs, means, costs))
    if work.evaluated:
        needs = _answers(work, CONTROL * work.evaluated, means, costs)
        # Programs are judged when all are written.
        needs["cores"] += work.evaluated * costs.score_core_s.value / means.cores
        stages.append(_stage("evaluate", f"{work.evaluated:,} parts", needs, means, costs, True))
    if work.requests:
        needs = _answers(work, work.requests, means, costs)
        stages.append(_stage("serve", f"{work.requests:,} requests", needs, means, costs))
    return stages


def _prepare(work: WorkConfig, means: Means, costs: Costs, storage_mb_s: float) -> dict[str, float]:
    if work.source not in costs.build_core_s:
        raise ConfigError(
            f"work.source: {work.source}; measured are {', '.join(costs.build_core_s)}"
        )
    build_core_s = costs.build_core_s[work.source].value
    core_s = build_core_s + work.pictures * costs.draw_core_s.value
    # Rows go to the storage three times: staged, read again, and in their split.
    moved_mb = 3 * work.parts * costs.row_bytes.value * max(work.pictures, 1) / 1e6
    return {"cores": work.parts * core_s / means.cores, "storage": moved_mb / storage_mb_s}


def _train_s(work: WorkConfig, tokens: float, means: Means, costs: Costs) -> float:
    backward = BACKWARD if work.method == "full" else BACKWARD / 2
    again = AGAIN if means.gpus else 0  # small models on cores keep their activations
    flop = (FORWARD + backward + again) * work.params_b * 1e9 * tokens
    if means.gpus:
        return flop / (means.flops * costs.train_utilisation.value)
    return flop / (means.cores * costs.core_flops.value)


def _answers(work: WorkConfig, count: int, means: Means, costs: Costs) -> dict[str, float]:
    """Reading the question takes operations, writing the answer bandwidth: every weight is read for
    each token of a batch."""
    weights = work.params_b * 1e9
    read_flop = FORWARD * weights * work.sample_tokens * count
    needs = {"cores": count * costs.answer_core_s.value / means.cores}
    if not means.gpus:
        flop = read_flop + FORWARD * weights * work.answer_tokens * count
        return {"cores": needs["cores"] + flop / (means.cores * costs.core_flops.value)}
    written_gb = FROZEN_BYTES * weights / 1e9 * work.answer_tokens * count / BATCH
    reading = read_flop / (means.flops * costs.train_utilisation.value)
    writing = written_gb / (means.memory_gb_s * costs.answer_utilisation.value)
    return {**needs, "GPUs": reading + writing}


def _check_memory(work: WorkConfig, means: Means) -> None:
    if not means.gpus:
        return
    # LoRA's adapters are a hundredth of the weights.
    per_weight = TRAINED_BYTES if work.method == "full" else FROZEN_BYTES + TRAINED_BYTES / 100
    needed = work.params_b * per_weight / (1 - ACTIVATIONS)
    if needed > means.memory_gb:
        raise ConfigError(
            f"work.params_b ({work.params_b:g}, {work.method}): {needed:.0f} GB of GPU memory, and "
            f"cluster.machines have {means.memory_gb:.0f}"
        )


def _device(means: Means) -> str:
    return "GPUs" if means.gpus else "cores"


def _stage(
    name: str,
    amount: str,
    needs: Mapping[str, float],
    means: Means,
    costs: Costs,
    one_after_the_other: bool = False,
) -> Stage:
    longest = max(needs, key=lambda what: needs[what])
    worked_s = sum(needs.values()) if one_after_the_other else needs[longest]
    hours = (costs.start_s.value + worked_s) / 3600
    usd = None if means.usd_per_hour is None else hours * means.usd_per_hour
    bound = longest if worked_s > costs.start_s.value else "start"
    return Stage(name, amount, hours, usd, bound)
