"""What a run tells Prometheus while it works, at the metrics port of the node it works on.

Ray puts ``ray_`` before each name, and adds the job, the node and the worker to the tag ``run``:
the folder that the run writes to, by which a trial of a sweep is known as well.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

TOLD = {
    "cadvlm_parts_read": "Parts that jobs.prepare has read and built, or refused.",
    "cadvlm_parts_refused": "Those among them that are in quarantine.",
    "cadvlm_shards_left": "Shards that are still to be built.",
    "cadvlm_rows_written": "Rows in their splits.",
    "cadvlm_rows_dropped": "Rows that repeat a shape, or are in an evaluation set.",
    "cadvlm_parts_scored": "Answers that jobs.evaluate has judged.",
    "cadvlm_valid_share": "Share of them that build a valid solid.",
    "cadvlm_iou": "Their mean IoU.",
    "cadvlm_train_step": "Steps that jobs.train has taken.",
    "cadvlm_train_loss": "Mean loss of an answer token.",
    "cadvlm_train_val_loss": "The same on the validation split.",
    "cadvlm_train_lr": "Learning rate.",
    "cadvlm_train_samples_per_s": "Samples a second, of all workers.",
    "cadvlm_train_tokens_per_s": "Tokens a second, of all workers.",
    "cadvlm_train_mfu": "Share of the published operations a second that is used.",
    "cadvlm_train_data_wait_share": "Share of the time that workers wait for data.",
    "cadvlm_trials_ended": "Trials of a sweep that are over.",
    "cadvlm_node_seconds": "Time that nodes were there for the run, all of them added up.",
}
"""Every gauge, and what it says."""


def tell(run: str, **values: float | None) -> None:
    """Set gauges of a run; without a Ray session, and for what is None or no number, nothing is
    done."""
    import ray

    if not ray.is_initialized():
        return
    for name, value in values.items():
        if value is not None and math.isfinite(value):
            _gauge(name).set(value, tags={"run": run})


@cache
def _gauge(name: str) -> Any:
    from ray.util.metrics import Gauge

    return Gauge(name, description=TOLD[name], tag_keys=("run",))
