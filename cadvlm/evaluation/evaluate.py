"""A checkpoint or a file of predictions against references: scores, metrics and a report.

Two phases, each spread over Ray actors and each kept as it goes: the model answers the pictures
(``answers/``), then answers and references are executed and compared (``rows/``). The first is over
before the second begins, so that they never wait for each other's processors, and a killed run
repeats at most some seconds of either. What people read is made from ``rows/`` at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from statistics import fmean
from typing import Any, NamedTuple

import pyarrow as pa
from ray.exceptions import RayError

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.dataset import Dataset
from cadvlm.errors import InputError, RunFailed, SandboxUnavailable
from cadvlm.evaluation.actors import Scorer
from cadvlm.evaluation.answers import answered
from cadvlm.evaluation.claim import claim
from cadvlm.evaluation.gallery import write_gallery
from cadvlm.evaluation.matching import match, read_images
from cadvlm.evaluation.pool import actors, available, chunks, spread
from cadvlm.evaluation.predictions import read_predictions
from cadvlm.evaluation.scores import (
    SCORE_SCHEMA,
    UNSCORED,
    Case,
    control_of,
    describe,
    unscored,
)
from cadvlm.evaluation.shards import Shards, write
from cadvlm.execution.result import Status
from cadvlm.models.place import find
from cadvlm.progress import Progress, warn
from cadvlm.records import Prediction
from cadvlm.references.reference import Reference, read_dataset, read_references
from cadvlm.reports import evaluation as report
from cadvlm.scoring.aggregate import summarise
from cadvlm.storage import Folder
from cadvlm.telemetry import tell

_PARTS_PER_CALL = 4
"""Enough that a call costs nothing beside its work, few enough that a dead actor costs little."""

_POISON = "its scoring process died, each time"


def evaluate(config: EvaluateConfig) -> dict[str, Any]:
    """Fill the evaluation folder and return the content of ``metrics.json``. Needs a Ray session.

    An unfinished evaluation in the folder is resumed. One that is finished is left as it is, until
    somebody removes its ``report.html``, which is written last.

    Raises:
        InputError: the dataset, the checkpoint, the predictions or the references cannot be used.
        ConfigError: the folder holds an evaluation of something else.
        RunFailed: work stopped midway; the message says what is kept.
    """
    out = Folder(config.out)
    if config.checkpoint is not None:
        find(config.checkpoint)
    references = _references(config)
    predictions = _predictions(config, references)
    if claim(out, config) and out.exists(report.PAGE):
        return dict(out.read_json("metrics.json"))
    out.remove(report.PAGE)
    with _resumable(out):
        if predictions is None:
            cases = answered(config, out, references)
        else:
            cases = [Case(part, predictions.found.get(part.id)) for part in references]
        scores, sandbox = _score(config, out, cases)
    metrics = measure(scores, config.seed) | {"sandbox": sandbox}
    if predictions is not None:
        metrics["n_extra"] = predictions.n_extra
    out.write_json("metrics.json", metrics)
    report.write(out)
    return metrics


def measure(scores: pa.Table, seed: int) -> dict[str, Any]:
    """The content of ``metrics.json``, from the rows of ``scores.parquet``.

    ``n`` counts every reference; rates and means are over those that could be judged, all but
    ``n_unscored``.

    Raises:
        InputError: none could.
    """
    rows = scores.drop_columns(["text", "code", "reference"]).to_pylist()
    judged = [row for row in rows if row["status"] != UNSCORED]
    if not judged:
        raise InputError(f"none of {len(rows)} references can be scored; {rows[0]['error']}")
    counts = {"n": len(rows), "n_unscored": len(rows) - len(judged)}
    metrics = _summarise(judged, seed) | counts
    shown = [row for row in judged if row["control_status"] is not None]
    if not shown:
        return metrics
    control = _summarise([control_of(row) for row in shown], seed)
    gain = fmean(row["iou"] for row in shown) - control["iou"]["mean"]
    return {**metrics, "control": control, "iou_gain": gain}


def _summarise(rows: Sequence[dict[str, Any]], seed: int) -> dict[str, Any]:
    """The body by source and by complexity, and by family where parts have one."""
    families = [row | {"source": row["family"]} for row in rows if row["family"]]
    by_family = summarise(families, seed=seed)["by_source"] if families else {}
    return {**summarise(rows, seed=seed), "by_family": by_family}


def _references(config: EvaluateConfig) -> list[Reference]:
    if config.checkpoint is not None and config.dataset is not None:
        return read_dataset(Dataset(config.dataset), config.split, config.limit)
    assert config.references is not None
    return read_references(config.references, config.split, config.limit)


class _Predictions(NamedTuple):
    found: dict[str, Prediction]
    """By the reference's id."""
    n_extra: int
    """Predictions that are about none of the references."""


def _predictions(config: EvaluateConfig, references: Sequence[Reference]) -> _Predictions | None:
    if config.predictions is None:
        return None
    predictions = read_predictions(config.predictions)
    images = read_images(config.questions) if config.questions else {}
    found = match(predictions, references, images)
    if not found:
        raise InputError(
            f"{config.predictions}: no id is among the references; its first is "
            f"{next(iter(predictions))!r}, the first reference is {references[0].id!r}"
        )
    return _Predictions(found, len(predictions) - len(found))


def _score(
    config: EvaluateConfig, out: Folder, cases: Sequence[Case]
) -> tuple[pa.Table, dict[str, Any]]:
    """Judge every case that has no row yet, and draw those that the report shows.

    Returns:
        The rows, and what the sandbox protects from.
    """
    with Shards(out / "rows", SCORE_SCHEMA) as shards:
        kept = shards.read(["id", "status", "iou"]).to_pylist()
        done = {row["id"] for row in kept}
        waiting = [case for case in cases if case.reference.id not in done]
        # Files are read when their turn comes, not all at once.
        batches = chunks((case.loaded() for case in waiting), _PARTS_PER_CALL)
        scorers = min(config.scorers or available("CPU"), -(-len(waiting) // _PARTS_PER_CALL)) or 1
        with actors(Scorer, scorers, config.limits, config.seed, config.edits, cpus=1.0) as pool:
            sandbox = _sandbox(pool)
            with Progress("score", len(cases), "parts", done=len(done)) as progress:
                tally = _Tally(kept)
                for batch, rows in spread(pool, "score", batches):
                    rows = rows or [describe(case) | unscored(_POISON) for case in batch]
                    shards.add(rows)
                    tally.add(rows)
                    tally.tell(config.out)
                    progress.advance(len(rows), note=str(tally))
            shards.flush()
            scores = _in_order(shards.read(), cases)
            write(out, "scores.parquet", scores)
            write_gallery(out, config, scores, cases, pool)
    return scores, sandbox


def _sandbox(pool: Sequence[Any]) -> dict[str, Any]:
    """What the first scorer's sandbox protects from, with a warning of what it does not."""
    [(_, protections)] = spread(pool, "protections", [[None]])
    missing = [one["name"] for one in protections or [] if not one["enforced"]]
    if missing:
        warn(f"the sandbox does not enforce: {', '.join(missing)}")
    return {"missing": missing, "protections": protections}


def _in_order(scores: pa.Table, cases: Sequence[Case]) -> pa.Table:
    """The row of every case, in the order of the references."""
    place = {id_: number for number, id_ in enumerate(scores["id"].to_pylist())}
    return scores.take([place[case.reference.id] for case in cases])


class _Tally:
    """The figures so far, for the line of progress."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._n = self._valid = 0
        self._iou = 0.0
        self.add(rows)

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        judged = [row for row in rows if row["status"] != UNSCORED]
        self._n += len(judged)
        self._valid += sum(row["status"] == Status.OK for row in judged)
        self._iou += sum(row["iou"] for row in judged)

    @property
    def _means(self) -> tuple[float, float]:
        n = max(1, self._n)
        return self._valid / n, self._iou / n

    def tell(self, run: str) -> None:
        valid, iou = self._means
        tell(run, cadvlm_parts_scored=self._n, cadvlm_valid_share=valid, cadvlm_iou=iou)

    def __str__(self) -> str:
        valid, iou = self._means
        return f"valid {valid:.1%}, IoU {iou:.3f}"


@contextmanager
def _resumable(out: Folder) -> Iterator[None]:
    """Say what is kept when the machinery, not a program, fails."""
    try:
        yield
    except (SandboxUnavailable, RunFailed, RayError, OSError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise RunFailed(
            f"evaluation stopped: {reason}; answers and scores so far are kept in {out.uri}, "
            "the same command goes on with the rest"
        ) from error
