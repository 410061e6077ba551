"""What a server counts, for Prometheus: requests by route and status, programs by what became of
them, and how long the model and the builders take.

In the process that answers, of which there is one; Ray's own figures of replicas, queues and
machines are at the cluster's metrics ports.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.responses import Response

from serve.turns import Turns

SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
"""From a health check to the longest that a request may take."""


class Measures:
    """Counters of one server."""

    def __init__(self, turns: Turns) -> None:
        self._all = CollectorRegistry()
        self._requests = Counter(
            "cadvlm_requests", "Answered.", ("method", "route", "status"), registry=self._all
        )
        self._seconds = Histogram(
            "cadvlm_request_seconds", "Until the last byte.", ("route",),
            buckets=SECONDS, registry=self._all,
        )  # fmt: skip
        waiting = Gauge("cadvlm_requests_in_work", "In work or waiting.", registry=self._all)
        waiting.set_function(lambda: turns.taken)
        self._programs = Counter(
            "cadvlm_programs", "Written and run.", ("status",), registry=self._all
        )
        self._answers = Counter(
            "cadvlm_answers", "By what decided.", ("selected_by",), registry=self._all
        )
        self._repaired = Counter(
            "cadvlm_programs_repaired", "Built with smaller roundings.", registry=self._all
        )
        self._tokens = Counter("cadvlm_tokens", "Of the model.", ("kind",), registry=self._all)
        self._stages = Histogram(
            "cadvlm_stage_seconds", "Writing, then what building takes longer.", ("stage",),
            buckets=SECONDS, registry=self._all,
        )  # fmt: skip
        self._jobs = Counter("cadvlm_jobs", "Submitted.", ("kind",), registry=self._all)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request is over."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answer(self, rule: str, statuses: Iterable[str], repaired: int) -> None:
        """Programs were run, and one of them is the answer."""
        self._answers.labels(rule).inc()
        for status in statuses:
            self._programs.labels(status).inc()
        self._repaired.inc(repaired)

    def tokens(self, read: int, written: int) -> None:
        """The model has read a question and written programs."""
        self._tokens.labels("read").inc(read)
        self._tokens.labels("written").inc(written)

    def stage(self, name: str, seconds: float) -> None:
        """A part of a request took so long."""
        self._stages.labels(name).observe(seconds)

    def job(self, kind: str) -> None:
        """A job was submitted."""
        self._jobs.labels(kind).inc()

    def page(self) -> Response:
        """What Prometheus reads."""
        return Response(generate_latest(self._all), media_type=CONTENT_TYPE_LATEST)
