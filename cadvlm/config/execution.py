"""Limits for programs that a model, a dataset or a client wrote."""

from pydantic import Field

from cadvlm.config.base import Config


class Limits(Config):
    """What one program may use before it is killed."""

    cpu_s: float = Field(10.0, gt=0)
    """Processor seconds. The first limit: it does not depend on how busy the machine is."""

    wall_s: float = Field(40.0, gt=0)
    """Seconds on the clock, for programs that sleep or wait."""

    memory_gb: float = Field(2.0, gt=0)
    """Address space beyond what the warm interpreter and kernel already hold."""
