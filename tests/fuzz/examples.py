"""How many examples hypothesis tries: few in the suite, as many as one likes by hand.

CADVLM_EXAMPLES=2000 python -m pytest tests/fuzz
"""

import os

from hypothesis import HealthCheck, settings

FACTOR = os.environ.get("CADVLM_EXAMPLES")


def examples(few: int) -> settings:
    """The suite's are always the same ones."""
    return settings(
        max_examples=int(FACTOR) if FACTOR else few,
        derandomize=FACTOR is None,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
