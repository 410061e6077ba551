"""Settings of ``jobs.compare``: two evaluations of the same parts, side by side."""

from pydantic import Field

from cadvlm.config.base import Config


class CompareConfig(Config):
    """What changed from one evaluation to the other."""

    a: str
    """The evaluation folder that is compared with."""

    b: str
    """The evaluation folder that is compared: differences are ``b`` less ``a``."""

    out: str
    """Where ``report.html`` and ``compare.json`` go."""

    shown: int = Field(12, ge=0)
    """Parts shown in either direction, those whose IoU changed most."""

    scorers: int | None = Field(None, gt=0)
    """Actors that draw them. Null: one a core."""

    seed: int = 0
    """Decides bootstrap draws."""
