"""What a model can still do: its answers to a suite of probes, executed and judged by geometry.

``score`` of a probe is :func:`cadvlm.scoring.operations.operation_match` of the solid that the
answer builds, and 0 without one. Two models that were asked the same suite are compared by
:func:`kept`.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from math import exp
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from cadvlm.config.probes import ProbesConfig
from cadvlm.errors import ConfigError, RunFailed
from cadvlm.evaluation.actors import Answerer
from cadvlm.evaluation.claim import content_hash
from cadvlm.evaluation.pool import actors, available, chunks, spread
from cadvlm.evaluation.probes.judge import Answer, Judge
from cadvlm.evaluation.probes.suite import Suite
from cadvlm.evaluation.questions import Question
from cadvlm.evaluation.shards import write
from cadvlm.execution.result import Status
from cadvlm.progress import Progress
from cadvlm.scoring.forgetting import retention
from cadvlm.storage import Folder

if TYPE_CHECKING:
    from cadvlm.models.likelihood import Surprise

SCORES, SUMMARY = "probes.parquet", "probes.json"

SCORE_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("id", "operation", "kind", "status", "error", "code"), pa.string()),
        "score": pa.float64(),
    }
)
"""One row a probe, in the order of the suite."""

_ANSWERS_PER_CALL = 8


class Respondent(Answerer):
    """Answers probes. Holds the model."""

    def surprises(self, captions: Sequence[Mapping[str, Any]]) -> list[Surprise]:
        """What held-out captions cost the model."""
        from PIL import Image

        from cadvlm.models.likelihood import surprise

        return surprise(
            self._generator,
            [one["prompt"] for one in captions],
            [
                [Image.open(io.BytesIO(p)).convert("RGB") for p in one["pictures"]]
                for one in captions
            ],
            [one["code"] for one in captions],
        )


def probe(checkpoint: str, suite: str, out: str, config: ProbesConfig) -> dict[str, Any]:
    """Ask a model a suite and judge its answers. Needs a Ray session.

    Writes ``probes.parquet`` and, last, ``probes.json``, whose content is returned; when that is
    there for the same model and suite, nothing is asked again.

    Raises:
        InputError: the checkpoint or the suite is not there.
        RunFailed: the model's process dies and dies again.
    """
    folder, asked = Folder(out), Suite.open(suite)
    content = {"checkpoint": content_hash(checkpoint), "suite": asked.summary["made_for"]}
    if folder.exists(SUMMARY) and (known := folder.read_json(SUMMARY))["content"] == content:
        return dict(known)
    probes = [row for row in asked.probes if row["kind"] != "caption"]
    captions = [row for row in asked.probes if row["kind"] == "caption"]
    texts, surprises = _answered(checkpoint, probes, captions, config)
    rows = _judged(probes, texts, config)
    write(folder, SCORES, pa.Table.from_pylist(rows, schema=SCORE_SCHEMA))
    summary = {"content": content, **_summary(rows, surprises)}
    folder.write_json(SUMMARY, summary)
    return summary


def kept(before: str, after: str, seed: int = 0) -> dict[str, Any]:
    """Retention from one folder of :func:`probe` to another of the same suite.

    Beside what :func:`cadvlm.scoring.forgetting.retention` gives: ``perplexity`` before and after,
    where captions were asked about, and the ``syntax_valid_rate`` of either.

    Raises:
        ConfigError: they are not about the same probes.
    """
    folders = Folder(before), Folder(after)
    first, last = (scores(folder) for folder in folders)
    if [row["id"] for row in first] != [row["id"] for row in last]:
        raise ConfigError(f"{before} and {after} are not about the same probes")
    summaries = [folder.read_json(SUMMARY) for folder in folders]
    return {
        **retention(
            [row["score"] for row in first],
            [row["score"] for row in last],
            [row["operation"] for row in first],
            seed=seed,
        ),
        **{
            key: {"before": summaries[0][key], "after": summaries[1][key]}
            for key in ("syntax_valid_rate", "perplexity")
        },
    }


def scores(folder: Folder) -> list[dict[str, Any]]:
    """The rows of ``probes.parquet``."""
    rows: list[dict[str, Any]] = pq.read_table(pa.BufferReader(folder.read(SCORES))).to_pylist()
    return rows


def _answered(
    checkpoint: str,
    probes: Sequence[dict[str, Any]],
    captions: list[dict[str, Any]],
    config: ProbesConfig,
) -> tuple[dict[str, str], list[Surprise]]:
    """The raw answers by the probes' ids, and what the captions cost."""
    generation, gpus = config.generation, available("GPU")
    gpu = gpus > 0 if generation.gpu is None else generation.gpu
    # Samples with and without pictures are encoded one by one when they share a batch.
    kinds = sorted(probes, key=lambda row: str(row["kind"]))
    batches = [
        batch
        for _, same in groupby(kinds, key=lambda row: len(row["pictures"]))
        for batch in chunks((_question(row) for row in same), generation.batch_size)
    ]
    texts: dict[str, str] = {}
    with (
        actors(
            Respondent,
            max(1, gpus) if gpu else 1,
            *(checkpoint, generation, config.seed),
            cpus=generation.cpus,
            gpus=float(gpu),
        ) as pool,
        Progress("probe", len(probes), "prompts") as progress,
    ):
        for batch, answers in spread(pool, "answer", batches):
            if answers is None:
                raise RunFailed(f"the model's process died, each time, on {batch[0].id}")
            texts |= dict(zip((question.id for question in batch), answers, strict=True))
            progress.advance(len(batch))
        costs = [
            cost
            for _, answers in spread(pool, "surprises", chunks(captions, generation.batch_size))
            for cost in answers or ()
        ]
    return texts, costs


def _question(row: Mapping[str, Any]) -> Question:
    return Question(row["id"], row["prompt"], tuple(row["pictures"]))


def _judged(
    probes: Sequence[dict[str, Any]], texts: Mapping[str, str], config: ProbesConfig
) -> list[dict[str, Any]]:
    answers = (Answer(row["id"], texts[row["id"]], row["mark"]) for row in probes)
    judges = min(available("CPU"), -(-len(probes) // _ANSWERS_PER_CALL))
    judged: dict[str, dict[str, Any]] = {}
    with (
        actors(Judge, judges, config.limits, cpus=1.0) as pool,
        Progress("judge", len(probes), "answers") as progress,
    ):
        for batch, rows in spread(pool, "judge", chunks(answers, _ANSWERS_PER_CALL)):
            # A program that takes its judge down, each time, has done nothing that counts.
            for row in rows or [{"id": one.id, "status": Status.CRASH.value, "score": 0.0}
                                for one in batch]:  # fmt: skip
                judged[row["id"]] = row
            progress.advance(len(batch))
    return [
        {"operation": row["operation"], "kind": row["kind"], **judged[row["id"]]} for row in probes
    ]


def _summary(rows: Sequence[dict[str, Any]], surprises: Sequence[Surprise]) -> dict[str, Any]:
    tokens = sum(one.tokens for one in surprises)
    statuses = Counter(row["status"] for row in rows)
    return {
        "n": len(rows),
        "score": fmean(row["score"] for row in rows),
        "by_operation": _means(rows, "operation"),
        "by_kind": _means(rows, "kind"),
        "syntax_valid_rate": 1 - statuses[Status.SYNTAX.value] / len(rows),
        "valid_solid_rate": statuses[Status.OK.value] / len(rows),
        "statuses": statuses,
        "perplexity": exp(sum(one.nats for one in surprises) / tokens) if tokens else None,
    }


def _means(rows: Sequence[dict[str, Any]], key: str) -> dict[str, float]:
    names = dict.fromkeys(row[key] for row in rows)
    return {name: fmean(row["score"] for row in rows if row[key] == name) for name in names}
