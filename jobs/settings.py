"""The settings of every job: what the library needs, and where it runs."""

from __future__ import annotations

from cadvlm.config.base import Config
from cadvlm.config.compare import CompareConfig
from cadvlm.config.data import PrepareConfig
from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.probes import ProbesConfig
from cadvlm.config.train import TrainConfig
from cadvlm.config.watch import RangeConfig
from cluster.config import ClusterConfig
from serve.config import ServeConfig, TrainingConfig
from studies.config import StudyConfig
from tune.config import SweepConfig


class PrepareJob(PrepareConfig):
    """``jobs.prepare``."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs."""


class TrainJob(TrainConfig):
    """``jobs.train``."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs."""


class FindLrJob(TrainJob):
    """``jobs.find_lr``."""

    range: RangeConfig = RangeConfig()
    """The rates that are tried."""


class EvaluateJob(EvaluateConfig):
    """``jobs.evaluate``."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs."""


class CompareJob(CompareConfig):
    """``jobs.compare``."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs."""


class ProbeJob(Config):
    """``jobs.probe``: what a model can do of what its training set lacks, and what it forgot."""

    out: str
    """Where the suite and the answers go; a suite that is there is asked again."""

    dataset: str
    """The training set: what its programs lack is probed."""

    checkpoint: str
    """The model that is asked: a run folder, its ``final/``, or any Hugging Face model."""

    before: str | None = None
    """The model that its training began with, for retention; null: it is not known."""

    probes: ProbesConfig = ProbesConfig()
    """What is asked, and how."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs."""


class SweepJob(Config):
    """``jobs.sweep``: a space of training settings, each trial trained and evaluated."""

    out: str
    """The sweep's folder."""

    prepare: tuple[PrepareConfig, ...] = ()
    """Datasets that are made first. Their ``out`` is a name inside the sweep's folder, by which the
    branches below may mean them."""

    base: TrainConfig | None = None
    """The model that trials begin with, where it is to be trained first; its ``out`` is such a name
    too."""

    train: TrainConfig
    """What every trial starts from; ``out`` is set per trial."""

    evaluate: EvaluateConfig
    """How every trial is scored; ``checkpoint``, ``dataset`` and ``out`` are set per trial."""

    sweep: SweepConfig
    """What is varied."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs."""


class StudyJob(StudyConfig):
    """``jobs.study``."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs."""


class DeployJob(ServeConfig):
    """``jobs.deploy``."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs."""


class ApiJob(TrainingConfig):
    """``jobs.api``."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs, and its jobs."""


class DemoJob(Config):
    """``jobs.demo``: every job in order, small."""

    out: str = "runs/demo"
    """Where everything goes."""

    data: str | None = None
    """A folder of DeepCAD JSON files to learn from; null makes synthetic parts."""

    keep: bool = False
    """Go on serving when everything is done."""

    prepare: PrepareConfig
    """Data. Folders here and below are names inside ``out``."""

    train: TrainConfig
    """Training."""

    evaluate: EvaluateConfig
    """Evaluation."""

    serve: ServeConfig
    """The endpoint."""

    cluster: ClusterConfig = ClusterConfig()
    """Where it runs."""
