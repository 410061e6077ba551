"""Where a job runs."""

from pydantic import Field

from cadvlm.config.base import Config

SUBMITTED = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Ray sets it, to the job's own runtime environment, in the driver of a submitted job."""


class ClusterConfig(Config):
    """The Ray cluster of a job."""

    address: str | None = None
    """``auto``, ``HOST:6379``, ``ray://HOST:10001`` or ``local``. Null: ``RAY_ADDRESS``, else the
    running cluster, else a local one."""

    namespace: str = "cadvlm"
    """Ray namespace of named actors."""

    cpus: int | None = Field(None, gt=0)
    """Cores that a local cluster hands out. Null: those this machine has."""
