"""The same figures for MLflow and for Weights & Biases, where a team keeps its runs there.

A resumed run goes on in the run that it had there. What goes wrong on the way there is said once
and costs no training.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol

from cadvlm.config.watch import WatchConfig
from cadvlm.errors import ConfigError
from cadvlm.storage import Folder

_PACKAGES = {"mlflow": "mlflow-skinny", "wandb": "wandb"}
"""What to install, by the name of the key and of the module."""

_EXPERIMENT = "cadvlm"

_PARAMS_AT_ONCE = 100
"""As many MLflow takes."""


class Tracker(Protocol):
    """Someone who is told a run's figures."""

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Tell the figures of a step."""

    def close(self) -> None:
        """The run is finished."""


def check(watch: WatchConfig) -> None:
    """Raise what the workers would raise, before there are any.

    Raises:
        ConfigError: the package that a key needs is not installed.
    """
    for key, package in _PACKAGES.items():
        if getattr(watch, key) is not None and importlib.util.find_spec(key) is None:
            raise ConfigError(f"watch.{key}: the package is missing; pip install {package}")


def trackers(watch: WatchConfig, folder: Folder, config: Mapping[str, Any]) -> list[Tracker]:
    """Those that the settings name, for the run in ``folder`` with the settings ``config``."""
    found: list[Tracker] = []
    if watch.mlflow is not None:
        found.append(MlflowTracker(watch.mlflow, folder, config))
    if watch.wandb is not None:
        found.append(WandbTracker(watch.wandb, folder, config))
    return found


class MlflowTracker:
    """A run in the experiment ``cadvlm`` of a tracking server, or of a database file."""

    def __init__(self, uri: str, folder: Folder, config: Mapping[str, Any]) -> None:
        """Go on with the run that names the folder, or begin one.

        Raises:
            ConfigError: MLflow cannot open the URI.
        """
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        try:
            self._client = MlflowClient(tracking_uri=uri)
            self._run = self._opened(folder.uri, config)
        except (MlflowException, ImportError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ConfigError(f"watch.mlflow: {uri} cannot be opened: {reason}") from error

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Tell the figures of a step, without waiting for the answer."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, step) for name, value in figures.items()]
        self._client.log_batch(self._run, metrics=metrics, synchronous=False)

    def close(self) -> None:
        """Wait for what is on its way, and end the run."""
        self._client.set_terminated(self._run)

    def _opened(self, out: str, config: Mapping[str, Any]) -> str:
        from mlflow.entities import Param

        known = self._client.get_experiment_by_name(_EXPERIMENT)
        experiment = known.experiment_id if known else self._client.create_experiment(_EXPERIMENT)
        for run in self._client.search_runs([experiment], f"tags.out = '{out}'", max_results=1):
            return str(run.info.run_id)
        run = self._client.create_run(experiment, tags={"out": out}, run_name=_name(out))
        params = [Param(key, str(value)[:500]) for key, value in config.items()]
        for start in range(0, len(params), _PARAMS_AT_ONCE):
            some = params[start : start + _PARAMS_AT_ONCE]
            self._client.log_batch(run.info.run_id, params=some)
        return str(run.info.run_id)


class WandbTracker:
    """A run of a project: online where wandb knows an API key, else offline."""

    def __init__(self, project: str, folder: Folder, config: Mapping[str, Any]) -> None:
        """Go on with the run that has the folder's name, or begin one.

        Raises:
            ConfigError: there is a key, and no answer.
        """
        import wandb

        settings = {
            "project": project,
            "id": hashlib.sha256(folder.uri.encode()).hexdigest()[:16],
            "name": _name(folder.uri),
            "resume": "allow",
            "config": dict(config),
            "dir": folder.path if os.path.isdir(folder.path) else None,
            "settings": wandb.Settings(silent=True, x_disable_stats=True),
        }
        try:
            self._run = wandb.init(**settings)
        except wandb.errors.UsageError:  # no key, and nobody to be asked for one
            self._run = wandb.init(**settings, mode="offline")
        except wandb.errors.CommError as error:
            reason = str(error).strip().splitlines()[0]
            raise ConfigError(f"watch.wandb: {project} cannot be opened: {reason}") from error

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Tell the figures of a step."""
        self._run.log(dict(figures), step=step)

    def close(self) -> None:
        """Send what is left."""
        self._run.finish()


def _name(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]
