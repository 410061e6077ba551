"""The model's answers to the pictures of a dataset, kept as they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import Any

from cadvlm.codegen.answer import program_text
from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.dataset import Dataset
from cadvlm.errors import ConfigError, RunFailed
from cadvlm.evaluation.actors import Answerer
from cadvlm.evaluation.pool import actors, available, chunks, spread
from cadvlm.evaluation.questions import ANSWER_SCHEMA, Question, questions
from cadvlm.evaluation.scores import Case
from cadvlm.evaluation.shards import Shards
from cadvlm.progress import Progress
from cadvlm.records import CadProgram, Prediction
from cadvlm.references.reference import Reference
from cadvlm.storage import Folder


def answered(config: EvaluateConfig, out: Folder, references: Sequence[Reference]) -> list[Case]:
    """Have the model answer every picture that it has not answered yet.

    Raises:
        InputError: the checkpoint is no such model.
        ConfigError: the cluster has not what ``config.generation`` asks for.
        RunFailed: the model's process dies and dies again.
    """
    assert config.dataset is not None
    with Shards(out / "answers", ANSWER_SCHEMA) as shards:
        done = set(shards.read()["id"].to_pylist())
        asked = questions(
            Dataset(config.dataset),
            config.split,
            limit=config.limit,
            control=config.control,
            batch=config.generation.batch_size,
        )
        batches = chunks((one for one in asked if one.id not in done), config.generation.batch_size)
        if first := next(batches, None):
            already = sum(part.id in done for part in references)
            with Progress("answer", len(references), "pictures", done=already) as progress:
                _generate(config, chain([first], batches), shards, progress)
    rows = {row["id"]: row for row in shards.read().to_pylist()}
    programs = {id_: program_text(row["text"]) for id_, row in rows.items()}
    cases = []
    for part in references:
        blank = rows[part.id]["blank"] if config.control else None
        # A model writes in the language that it was taught, which is that of the rows.
        language = part.program.language if part.program else "cadquery"
        prediction = Prediction(part.id, programs[part.id], language, rows[part.id]["text"])
        control = CadProgram(programs[blank], language) if blank else None
        cases.append(Case(part, prediction, control))
    return cases


def _generate(
    config: EvaluateConfig, batches: Iterable[list[Question]], shards: Shards, progress: Progress
) -> None:
    with _answerers(config) as pool:
        for batch, texts in spread(pool, "answer", batches):
            if texts is None:
                raise RunFailed(f"the model's process died, each time, on {batch[0].id}")
            shards.add(
                {"id": question.id, "text": text, "blank": question.blank}
                for question, text in zip(batch, texts, strict=True)
            )
            progress.advance(sum(not question.is_blank for question in batch))


def _answerers(config: EvaluateConfig) -> AbstractContextManager[list[Any]]:
    generation, gpus, cpus = config.generation, available("GPU"), available("CPU")
    gpu = gpus > 0 if generation.gpu is None else generation.gpu
    if gpu and not gpus:
        raise ConfigError("generation.gpu is true and the cluster has no GPU")
    if generation.cpus > cpus:
        raise ConfigError(f"generation.cpus is {generation.cpus}, the cluster has {cpus} cores")
    count = config.answerers or (gpus if gpu else 1)
    return actors(
        Answerer,
        count,
        config.checkpoint,
        generation,
        config.seed,
        cpus=generation.cpus,
        gpus=float(gpu),
    )
