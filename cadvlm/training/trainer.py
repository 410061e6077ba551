"""From samples to a checkpoint: what the driver does around the workers of Ray Train."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

import ray
import ray.train
import torch
import yaml
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

from cadvlm.config.train import TrainConfig
from cadvlm.dataset import Dataset
from cadvlm.errors import ConfigError, InputError, RunFailed
from cadvlm.models.build import build
from cadvlm.models.checkpoint import FINAL
from cadvlm.models.load import load_config
from cadvlm.progress import warn
from cadvlm.storage import Folder
from cadvlm.training.feed import answer
from cadvlm.training.loop import SUMMARY, Job, run
from cadvlm.training.mixture import Mixture, mix, weights
from cadvlm.training.rows import Census, census, usable
from cadvlm.training.trainable import prepare

CONFIG = "config.yaml"
CHECKPOINTS = "checkpoints"
DATA = "dataset.json"
BASE = "base"

_MAY_CHANGE = (
    "cache_gb",
    "checkpoint",
    "dataset",
    "log_every_steps",
    "max_failures",
    "max_steps",
    "out",
    "validation_samples",
)
"""Settings that decide how a run is watched and when it stops, not what it computes."""


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
    mixture = mix(config, dataset.manifest, counted.usable)
    if not _is_finished(folder, mixture.stop(config)):
        base = config.model.path or _built(config, dataset, folder)
        _check_that_it_learns(base, config)
        _say_what_is_left_out(counted, mixture, config)
        folder.write(CONFIG, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))
        folder.write_json(DATA, _identity(dataset))
        _train(Job(config, base, _on_gpu(config), mixture), folder)
    return f"{folder.uri}/{FINAL}"


def _train(job: Job, folder: Folder) -> None:
    config, gpu = job.config, job.gpu
    workers = {"CPU": config.workers.cpus, "GPU": 1} if gpu else {"CPU": config.workers.cpus}
    trainer = TorchTrainer(
        run,
        train_loop_config={"job": job},
        torch_config=TorchConfig(backend="nccl" if gpu else "gloo"),
        scaling_config=ScalingConfig(
            num_workers=config.workers.count, use_gpu=gpu, resources_per_worker=workers
        ),
        run_config=RunConfig(
            name=CHECKPOINTS,
            storage_path=folder.path,
            storage_filesystem=folder.filesystem,
            checkpoint_config=CheckpointConfig(num_to_keep=config.checkpoint.keep),
            failure_config=FailureConfig(
                max_failures=config.max_failures, controller_failure_limit=0
            ),
            # Its reports of every step and checkpoint would drown our own progress.
            logging_config=LoggingConfig(log_level="WARNING"),
        ),
    )
    try:
        trainer.fit()
    except TrainingFailedError as error:
        raise RunFailed(_what_is_left(folder, error)) from error


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
    there = dict(_flat(yaml.safe_load(folder.read(CONFIG)) | folder.read_json(DATA)))
    here = dict(_flat(config.model_dump(mode="json") | _identity(dataset)))
    differ = [
        f"{key} ({there.get(key)!r} there, {here.get(key)!r} here)"
        for key in sorted(there | here)
        if there.get(key) != here.get(key) and key.partition(".")[0] not in _MAY_CHANGE
    ]
    if differ:
        raise ConfigError(
            f"out: {folder.uri} holds a run with other settings: {', '.join(differ)}; "
            "give another out, or the same settings to go on with it"
        )


def _identity(dataset: Dataset) -> dict[str, Any]:
    """What a dataset holds, wherever it lies: the same order of other samples is another run."""
    return {
        "samples": dataset.count("train"),
        "content_hash": dataset.manifest.get("content_hash"),
        "weights": weights(dataset.manifest),
    }


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _is_finished(folder: Folder, stop: int) -> bool:
    return folder.exists(SUMMARY) and bool(folder.read_json(SUMMARY)["step"] >= stop)


def _what_is_left(folder: Folder, error: TrainingFailedError) -> str:
    reason = str(error).strip().splitlines()[-1]
    files = (folder / CHECKPOINTS).names(recursive=True)
    steps = sorted(name.partition("/")[0] for name in files if name.startswith("step-"))
    kept = f"{steps[-1]} is kept" if steps else "no checkpoint had been written yet"
    return (
        f"training stopped: {reason}; {kept} in {folder.uri}/{CHECKPOINTS}; "
        "run the same command again to go on from there"
    )
