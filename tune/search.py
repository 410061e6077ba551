"""Trials by Ray Tune: as many at once as there is room for, stopped when they are hopeless."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ray.tune
from ray.tune.schedulers import AsyncHyperBandScheduler

from cadvlm.config.train import WorkersConfig
from cadvlm.evaluation.pool import available
from cadvlm.storage import Folder
from tune.config import SweepConfig
from tune.ledger import Ledger, has_ended, records
from tune.space import Settings, distributions
from tune.trial import SHARE, Plan, objectives

_WAITING_ROOM = {"memory": 2**20}
"""What a trial itself takes: it only waits for its own workers. It must take something, and a
hundredth of a core would leave none whole for the workers of a second trial on two cores."""


def search(
    plan: Plan,
    trial: Callable[[dict[str, Any]], None],
    todo: Sequence[Settings],
    count: int,
    ledger: Ledger,
) -> None:
    """Have Tune run trials, each as ``trial({"settings": ...})``. Needs a Ray session.

    Args:
        plan: of the sweep.
        trial: reports its objectives, and the percent of its steps that it has taken.
        todo: the settings to try; none of them: what Optuna suggests.
        count: how many are suggested.
        ledger: told of the trials that end.
    """
    config, folder = plan.sweep, Folder(plan.folder)
    listed = {"settings": ray.tune.grid_search(list(todo))}
    cpus, gpus = available("CPU"), available("GPU")
    tuner = ray.tune.Tuner(
        ray.tune.with_resources(trial, _WAITING_ROOM),
        param_space=listed if todo else None,
        tune_config=ray.tune.TuneConfig(
            num_samples=1 if todo else count,
            search_alg=None if todo else _suggestions(plan),
            scheduler=_scheduler(config),
            max_concurrent_trials=at_once(
                config.concurrent, plan.train.workers, gpus=gpus, cpus=cpus
            ),
            trial_dirname_creator=_called,
            reuse_actors=True,  # what a trial imports takes longer than some take to train
        ),
        run_config=ray.tune.RunConfig(
            name="tune",
            storage_path=folder.path,
            storage_filesystem=folder.filesystem,
            callbacks=[ledger],
            verbose=0,
        ),
    )
    tuner.fit()


def at_once(concurrent: int | None, workers: WorkersConfig, gpus: float, cpus: float) -> int:
    """Trials that there is room for: by GPUs where they train on them, else by cores."""
    on_gpu = gpus >= workers.count if workers.gpu is None else workers.gpu
    room = int(gpus // workers.count if on_gpu else cpus // (workers.count * workers.cpus))
    return max(1, min(concurrent or room, room))


def _called(trial: Any) -> str:
    return str(trial.trial_id)


def _scheduler(config: SweepConfig) -> AsyncHyperBandScheduler | None:
    if config.early_stop is None:
        return None
    [(task, mode), *_] = config.goals.items()
    return AsyncHyperBandScheduler(
        time_attr=SHARE,
        metric=task,
        mode=mode,
        max_t=100,
        grace_period=round(100 * config.early_stop.first),
        reduction_factor=config.early_stop.factor,
    )


def _suggestions(plan: Plan) -> Any:
    """Optuna's, which knows what was tried before and begins with what was interrupted."""
    import optuna
    from optuna.study import StudyDirection
    from ray.tune.search.optuna import OptunaSearch

    goals, storage = plan.sweep.goals, optuna.storages.InMemoryStorage()
    space = {f"settings/{k}": v for k, v in distributions(plan.sweep.spaces[0]).items()}
    kinds = {"max": StudyDirection.MAXIMIZE, "min": StudyDirection.MINIMIZE}
    directions = [kinds[mode] for mode in goals.values()]
    study = optuna.create_study(study_name="sweep", storage=storage, directions=directions)
    known = records(plan)
    for record in known:
        params = {f"settings/{key}": value for key, value in record["settings"].items()}
        if params.keys() != space.keys():
            continue
        if not has_ended(record):
            study.enqueue_trial(params)
        elif record["looks"]:
            values = list(objectives(record["looks"][-1], plan.sweep).values())
            study.add_trial(
                optuna.trial.create_trial(params=params, distributions=space, values=values)
            )
    return OptunaSearch(
        space=space,
        metric=list(goals),
        mode=list(goals.values()),
        storage=storage,
        study_name="sweep",
        # Its first suggestions are drawn at random, and would be drawn again.
        seed=plan.sweep.seed + len(known),
    )
