"""Where a job runs, and what its machines are."""

from typing import Literal

from pydantic import Field

from cadvlm.config.base import Config

SUBMITTED = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Ray sets it, to the job's own runtime environment, in the driver of a submitted job."""


class MachineConfig(Config):
    """Machines of one kind."""

    count: int = Field(1, gt=0)
    """How many; of those that come and go, the most."""

    cpus: int = Field(gt=0)
    """Cores of one that Ray hands out."""

    gpus: int = Field(0, ge=0)
    """GPUs of one."""

    gpu: str | None = None
    """What they are, by a name that the costs of ``jobs.plan`` know: ``h200``."""

    usd_per_hour: float | None = Field(None, ge=0)
    """Price of one. Null: not known, and nothing is said about money."""


class ClusterConfig(Config):
    """The Ray cluster of a job."""

    address: str | None = None
    """``auto``, ``HOST:6379``, ``ray://HOST:10001`` or ``local``. Null: ``RAY_ADDRESS``, else the
    running cluster, else a local one."""

    namespace: str = "cadvlm"
    """Ray namespace of named actors."""

    cpus: int | None = Field(None, gt=0)
    """Cores that a local cluster hands out. Null: those this machine has."""

    machines: dict[str, MachineConfig] = Field({})
    """What it is made of, by a name for each kind. ``cluster.doctor`` looks whether all are there,
    ``jobs.plan`` reckons with them; nothing else asks."""


class DoctorConfig(Config):
    """``cluster.doctor``: whom it visits, and what it calls well."""

    cluster: ClusterConfig = ClusterConfig()
    """Which cluster."""

    storage: str | None = None
    """Where jobs shall keep datasets and runs: a path from / that all nodes share, or a URI. Null:
    storage is not looked at."""

    free_gb: float = Field(10.0, ge=0)
    """Space for what Ray spills, on the disk of its session folder."""

    disk_mb_s: float = Field(50.0, ge=0)
    """Speed of writing there, in MB/s; a laptop's hard disk does 100."""

    network_mb_s: float = Field(50.0, ge=0)
    """Speed at which a node fetches an object from another, in MB/s; half of one gigabit a
    second."""

    clock_s: float = Field(1.0, gt=0)
    """How far a node's clock may be off the one of the machine that asks."""

    timeout_s: float = Field(180.0, gt=0)
    """A node that has not answered after so many seconds counts as broken."""


class WorkConfig(Config):
    """An amount of work, for ``jobs.plan``."""

    parts: int = Field(0, ge=0)
    """Parts that are read, built, checked and drawn by ``jobs.prepare``."""

    source: str = "deepcad"
    """Like which source's parts they are, of those that the costs know."""

    pictures: int = Field(1, ge=0)
    """Pictures of each."""

    samples: float = Field(0, ge=0)
    """Samples that ``jobs.train`` sees: rows times epochs."""

    sample_tokens: int = Field(1000, gt=0)
    """Tokens of one, on average: picture, instruction and program. LLaVA-1.5 sees a picture as
    576."""

    method: Literal["full", "lora"] = "full"
    """Whether every weight is trained, or adapters beside them."""

    params_b: float = Field(7.0, gt=0)
    """Weights of the model that is trained and asked, in billions."""

    evaluated: int = Field(0, ge=0)
    """Parts that ``jobs.evaluate`` has answered, and scores."""

    requests: int = Field(0, ge=0)
    """Pictures that the endpoint answers."""

    answer_tokens: int = Field(400, gt=0)
    """Tokens that the model writes for one."""


class PlanConfig(Config):
    """``jobs.plan``: what, on which machines, at which cost of a piece."""

    work: WorkConfig = WorkConfig()
    """How much is to be done."""

    cluster: ClusterConfig = ClusterConfig()
    """On which ``machines``; without any, on this one."""

    costs: str = "cluster/costs.json"
    """Costs of a piece, and where each was measured."""

    storage_mb_s: float = Field(500.0, gt=0)
    """What the shared storage takes in and gives from all nodes together, in MB/s."""
