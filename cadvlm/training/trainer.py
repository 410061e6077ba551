"""From samples to a checkpoint: what the driver does around the workers of Ray Train."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import ray
import ray.train
import torch
import yaml
from ray.actor import ActorHandle
from ray.train import (
    CheckpointConfig,
    FailureConfig,
    LoggingConfig,
    RunConfig,
    ScalingConfig,
)
from ray.train.torch import TorchConfig, TorchTrainer
from ray.train.v2.api.exceptions import TrainingFailedError
from transformers import AutoModelForImageTextToText

from cadvlm.config.base import dotted
from cadvlm.config.reward import MiningConfig
from cadvlm.config.train import TrainConfig
from cadvlm.config.watch import RangeConfig
from cadvlm.dataset import Dataset
from cadvlm.errors import ConfigError, InputError, RunFailed
from cadvlm.evaluation.pool import actors, available
from cadvlm.evaluation.rewards import Judge
from cadvlm.models.build import build
from cadvlm.models.checkpoint import FINAL
from cadvlm.models.load import load_config
from cadvlm.progress import warn
from cadvlm.reports import find_lr as rates_page
from cadvlm.storage import Folder
from cadvlm.training import lr_finder, micro_batch, mining, work
from cadvlm.training.feed import answer
from cadvlm.training.guards import is_out_of_memory, is_stalled, memory_advice
from cadvlm.training.loop import SUMMARY
from cadvlm.training.lr_finder import Found
from cadvlm.training.metrics import read
from cadvlm.training.mixture import Mixture, mix, replayed, weights
from cadvlm.training.notice import rung_by_sigterm
from cadvlm.training.rows import Census, census, usable
from cadvlm.training.saving import SCORE
from cadvlm.training.trackers import check
from cadvlm.training.trainable import prepare

CONFIG = "config.yaml"
CHECKPOINTS = "checkpoints"
DATA = "dataset.json"
BASE = "base"

_BOOK = "checkpoint_manager_snapshot.json"

_MAY_CHANGE = (
    "cache_gb",
    "checkpoint",
    "dataset",
    "gradient_checkpointing",
    "guards",
    "log_every_steps",
    "max_failures",
    "max_steps",
    "micro_batch_size",
    "offload",
    "out",
    "reward.at_once",
    "reward.judge_cpus",
    "reward.judges",
    "targets",
    "validation_samples",
    "watch",
    "workers",
    "zero_stage",
)
"""Settings of who computes a run, how it is watched and when it stops, not of what it computes."""


def fit(config: TrainConfig) -> str:
    """Train, or go on with the run that is in ``config.out``; the URI of its ``final/``.

    Needs a Ray session.

    Raises:
        ConfigError: the folder holds a run with other settings, or nothing would learn.
        InputError: the dataset or the model is not there.
        RunFailed: training stopped; what is kept and how to resume is in the message.
    """
    config = TrainConfig.of(config)
    folder = Folder(config.out)
    dataset = Dataset(config.dataset)
    _refuse_another_run(folder, config, dataset)
    counted = census(dataset, config.max_tokens)
    _check_that_something_is_there(counted, config)
    mixture = _mixture(config, dataset, counted)
    hard = mining.Hard.of(folder)
    mixture = _of_hard(mixture, hard) if hard else mixture
    if not _is_finished(folder, mixture.stop(config), config.guards.patience):
        check(config.watch)
        base = config.model.path or _built(config, dataset, folder)
        _check_that_it_learns(base, config)
        _say_what_is_left_out(counted, mixture, config)
        folder.write(CONFIG, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))
        folder.write_json(DATA, _identity(dataset))
        if config.micro_batch_size == "auto":
            config = config.override({"micro_batch_size": _fitting(config, base, mixture, folder)})
        with _judges(config) as judges:
            if config.reward and config.reward.mining and not hard:
                hard = _mined(config, base, mixture, folder, judges, config.reward.mining)
                mixture = _of_hard(mixture, hard)
            rows = hard.rows if hard else None
            finished = _all_workers(
                work.run, config, base, mixture, folder, CHECKPOINTS, judges, rows
            )
        if not finished:
            raise RunFailed(_what_is_left(folder, "this process was told to end (SIGTERM)"))
    return f"{folder.uri}/{FINAL}"


def find_lr(config: TrainConfig, span: RangeConfig) -> Found:
    """Try the rates of a span on what ``config`` would train; nothing is kept of the model.

    Needs a Ray session. Writes ``find_lr.json`` and ``find_lr.html`` into ``config.out``.

    Raises:
        ConfigError: the run is shorter than the span, or learns from rewards.
        InputError: the dataset or the model is not there, or the loss falls at no rate.
        RunFailed: a worker was lost.
    """
    if config.reward:
        raise ConfigError("stage (reward): its loss says nothing of a rate; find one for adapt")
    # The test is there to break the model: nothing shall keep it from that.
    free = {"guards.spike": None, "guards.max_skipped": span.steps + 1}
    config = TrainConfig.of(config).override({**free, "max_steps": None, "max_failures": 0})
    folder, dataset = Folder(config.out), Dataset(config.dataset)
    counted = census(dataset, config.max_tokens)
    _check_that_something_is_there(counted, config)
    mixture = _mixture(config, dataset, counted)
    if (steps := mixture.steps(config)) < span.steps:
        raise ConfigError(
            f"range.steps ({span.steps}): the run has {steps}; raise epochs, or lower batch_size"
        )
    base = config.model.path or _built(config, dataset, folder)
    _check_that_it_learns(base, config)
    losses = _all_workers(work.losses, config, base, mixture, folder, "trial", span=span)
    folder.remove("trial")
    rates = lr_finder.rates(span)
    found = lr_finder.suggest(rates, losses)
    folder.write_json(lr_finder.FOUND, lr_finder.report(found, rates, losses))
    rates_page.write(folder, folder.read_json(lr_finder.FOUND))
    return found


def _fitting(config: TrainConfig, base: str, mixture: Mixture, folder: Folder) -> int:
    """The largest micro-batch that fits, as was found before for as many workers, or is now."""
    workers = config.workers.count
    if folder.exists(micro_batch.FOUND):
        found = folder.read_json(micro_batch.FOUND)
        if found["workers"] == workers:
            return int(found["micro_batch_size"])
    alone = config.override({"batch_size": workers, "micro_batch_size": 1, "max_failures": 0})
    need = _all_workers(work.need, alone, base, mixture, folder, "trial")
    folder.remove("trial")
    size = micro_batch.largest(need, config.batch_size // workers)
    found = {"micro_batch_size": size, "workers": workers, **need._asdict()}
    folder.write_json(micro_batch.FOUND, found)
    return size


def _mined(
    config: TrainConfig,
    base: str,
    mixture: Mixture,
    folder: Folder,
    judges: Sequence[ActorHandle],
    rules: MiningConfig,
) -> mining.Hard:
    once = config.override({"max_failures": 0})
    tried = _all_workers(work.mine, once, base, mixture, folder, "trial", judges, rules=rules)
    folder.remove("trial")
    return mining.keep(tried, rules, folder)


def _of_hard(mixture: Mixture, hard: mining.Hard) -> Mixture:
    """The same passes, over the hard rows alone."""
    names = [name for name in mixture.rows if hard.sources[name]]
    rows = {name: hard.sources[name] for name in names}
    return Mixture(rows, {name: mixture.epochs[name] for name in names})


def _all_workers(
    task: Callable[[dict[str, Any]], Any],
    config: TrainConfig,
    base: str,
    mixture: Mixture,
    folder: Folder,
    name: str,
    judges: Sequence[ActorHandle] = (),
    hard: Sequence[int] | None = None,
    **given: Any,
) -> Any:
    """Have all workers do something together, and return what the first one says of it.

    ``name`` is the folder within the run's that Ray Train works in.
    """
    gpu = _on_gpu(config)
    workers = {"CPU": config.workers.cpus, "GPU": 1} if gpu else {"CPU": config.workers.cpus}
    run_config = RunConfig(
        name=name,
        storage_path=folder.path,
        storage_filesystem=folder.filesystem,
        checkpoint_config=CheckpointConfig(
            num_to_keep=config.checkpoint.keep,
            checkpoint_score_attribute=SCORE,
            checkpoint_score_order="min",
        ),
        failure_config=FailureConfig(max_failures=config.max_failures, controller_failure_limit=0),
        # Its reports of every step and checkpoint would drown our own progress.
        logging_config=LoggingConfig(log_level="WARNING"),
        callbacks=[work.OwnErrorsEndTheRun()],
    )
    with rung_by_sigterm() as bell:
        job = work.Job(config, base, gpu, mixture, bell, judges, hard)
        trainer = TorchTrainer(
            task,
            train_loop_config={"job": job, **given},
            torch_config=TorchConfig(backend="nccl" if gpu else "gloo"),
            scaling_config=ScalingConfig(
                num_workers=config.workers.count, use_gpu=gpu, resources_per_worker=workers
            ),
            run_config=run_config,
        )
        try:
            return trainer.fit().return_value
        except TrainingFailedError as error:
            reason = str(error).strip().splitlines()[-1]
            if is_out_of_memory(str(error)):
                reason = f"out of memory; {memory_advice(config)}"
            raise RunFailed(_what_is_left(folder, reason)) from error


def _judges(config: TrainConfig) -> AbstractContextManager[Sequence[ActorHandle]]:
    """Who pays programs, for the stage that learns from it."""
    if config.reward is None:
        return nullcontext(())
    count = config.reward.judges or max(1, available("CPU"))
    return actors(Judge, count, config.reward, cpus=config.reward.judge_cpus)


def _mixture(config: TrainConfig, dataset: Dataset, counted: Census) -> Mixture:
    mixture = mix(config, dataset.manifest, counted.usable)
    if config.replay is None:
        return mixture
    earlier = census(Dataset(config.replay.dataset), config.max_tokens).usable.total()
    if not earlier:
        raise InputError(f"{config.replay.dataset}: nothing to replay, no row of it can be learnt")
    return replayed(mixture, config.replay.share, earlier)


def _check_that_something_is_there(counted: Census, config: TrainConfig) -> None:
    if counted.usable:
        return
    if counted.too_long:
        raise InputError(f"{config.dataset}: no program has max_tokens={config.max_tokens} or less")
    raise InputError(
        f"{config.dataset}: no row of its training split has code to learn, and shapes alone "
        f"({', '.join(sorted(counted.without_code))}) are for evaluation"
    )


def _say_what_is_left_out(counted: Census, mixture: Mixture, config: TrainConfig) -> None:
    if counted.too_long:
        warn(
            f"{counted.too_long} samples are longer than max_tokens={config.max_tokens} "
            "and left out"
        )
    for source, count in sorted(counted.without_code.items()):
        warn(f"rows of {source} that have no code and are left out: {count}")
    for source in sorted(counted.usable.keys() - mixture.rows.keys()):
        warn(f"the mixture leaves out {source} with its {counted.usable[source]} rows")


def _on_gpu(config: TrainConfig) -> bool:
    if config.workers.gpu is not None:
        return config.workers.gpu
    return bool(ray.cluster_resources().get("GPU", 0) >= config.workers.count)


def _built(config: TrainConfig, dataset: Dataset, folder: Folder) -> str:
    """A model from scratch, made once and kept in the run folder for every worker and restart."""
    base = folder / BASE
    if not base.exists("config.json"):
        model, processor = build(config.model.llava, _texts(dataset), config.seed)
        with tempfile.TemporaryDirectory(prefix="cadvlm-base-") as local:
            processor.save_pretrained(local)
            model.save_pretrained(local)
            base.upload(local)
    return base.uri


def _texts(dataset: Dataset) -> Iterator[str]:
    for batch in dataset.batches("train", ("prompt", "code", "plan"), 1024, usable(None)):
        rows = batch.to_pylist()
        yield from (row["prompt"] for row in rows)
        yield from (answer(row) for row in rows)


def _check_that_it_learns(base: str, config: TrainConfig) -> None:
    """Raise what the workers would raise, before there are any."""
    with torch.device("meta"):
        prepare(AutoModelForImageTextToText.from_config(load_config(base)), config)


def _refuse_another_run(folder: Folder, config: TrainConfig, dataset: Dataset) -> None:
    if not folder.exists(DATA):
        return
    there = dict(dotted(yaml.safe_load(folder.read(CONFIG)) | folder.read_json(DATA)))
    here = dict(dotted(config.model_dump(mode="json") | _identity(dataset)))
    differ = [
        f"{key} ({there.get(key)!r} there, {here.get(key)!r} here)"
        for key in sorted(there | here)
        if there.get(key) != here.get(key) and not _may_change(key)
    ]
    if differ:
        raise ConfigError(
            f"out: {folder.uri} holds a run with other settings: {', '.join(differ)}; "
            "give another out, or the same settings to go on with it"
        )


def _may_change(key: str) -> bool:
    return any(key == one or key.startswith(f"{one}.") for one in _MAY_CHANGE)


def _identity(dataset: Dataset) -> dict[str, Any]:
    """What a dataset holds, wherever it lies: the same order of other samples is another run."""
    return {
        "samples": dataset.count("train"),
        "content_hash": dataset.manifest.get("content_hash"),
        "weights": weights(dataset.manifest),
    }


def _is_finished(folder: Folder, stop: int, patience: int | None) -> bool:
    if not folder.exists(SUMMARY):
        return False
    losses = [row[SCORE] for row in read(folder) if SCORE in row]
    return bool(folder.read_json(SUMMARY)["step"] >= stop) or is_stalled(losses, patience)


def _what_is_left(folder: Folder, reason: str) -> str:
    newest = _newest_checkpoint(folder / CHECKPOINTS)
    kept = f"{newest} is kept" if newest else "no checkpoint had been written yet"
    return (
        f"training stopped: {reason}; {kept} in {folder.uri}/{CHECKPOINTS}; "
        "run the same command again to go on from there"
    )


def _newest_checkpoint(checkpoints: Folder) -> str | None:
    """By Ray Train's own book: what lies there may be half written."""
    if not checkpoints.exists(_BOOK):
        return None
    newest = checkpoints.read_json(_BOOK)["latest_checkpoint_result"]
    return str(newest["checkpoint_dir_name"]) if newest else None
