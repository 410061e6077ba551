"""Requests that schemathesis makes up from an OpenAPI document, good ones and bad ones."""

from __future__ import annotations

from contextlib import suppress

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode

EXAMPLES = 8
"""For each operation, of each mode."""


def failures(url: str, headers: dict[str, str]) -> list[str]:
    """Every request that a server answers with 5xx, over all operations of its document."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    found: list[str] = []
    for operation in schema.get_all_operations():
        for mode in GenerationMode:

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.ok().as_strategy(mode))
            def ask(case: Case) -> None:
                answer = case.call(base_url=url, headers=headers)
                if answer.status_code >= 500:
                    found.append(f"{case.method} {case.path}: {answer.status_code} {answer.text}")

            with suppress(Unsatisfiable):  # a request without arguments cannot be wrong
                ask()
    return found
