"""What choosing among several programs is worth, on held-out parts.

    python -m bench.selection checkpoint=runs/demo/train dataset=runs/demo/dataset n=8 limit=200

Every part's pictures are answered with ``n`` programs, written, run and compared as the endpoint
does it. Three answers are scored against the part itself (``iou``, 0 for an invalid one): the first
program, which is what asking for one gives; the one that the endpoint selects, which knows only the
pictures; and the best of all, which an oracle would take.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, Field

from cadvlm.codegen.answer import program_text
from cadvlm.config.base import Config
from cadvlm.config.evaluate import GenerationConfig
from cadvlm.config.execution import Limits
from cadvlm.dataset import Dataset
from cadvlm.geometry.align import unit_body
from cadvlm.geometry.compare import iou
from cadvlm.geometry.solid import Solid
from cadvlm.models.generate import Generator
from cadvlm.models.sampling import Sampling
from cadvlm.progress import Progress
from cadvlm.records import CadProgram
from cadvlm.scoring.agreement import Picture, agreement
from serve.builder import Builder, Built
from serve.candidates import choose
from serve.request import VARIETY
from serve.selection import Rule


class SelectionConfig(Config):
    """What is measured."""

    checkpoint: str
    """A run folder, its ``final/``, or any Hugging Face model."""

    dataset: str
    """The dataset folder whose pictures are answered."""

    split: Literal["train", "val", "test"] = "test"
    """Which part of the dataset."""

    n: int = Field(8, gt=1)
    """Programs for each part."""

    limit: int = Field(200, gt=1)
    """Parts, at most."""

    out: str | None = None
    """File to which each part's figures go; what is in it already is not measured again."""

    generation: GenerationConfig = GenerationConfig(batch_size=128)
    """How the checkpoint answers; the first program of each part is greedy all the same."""


class Measured(BaseModel):
    """One part: IoU and validity of three answers, in the order of ``ANSWERS``."""

    id: str
    ious: tuple[float, float, float]
    valid: tuple[bool, bool, bool]
    rule: Rule
    compare_s: float
    """Processor time of a comparison, on average; 0 where nothing was compared."""


ANSWERS = ("first program", "selected", "oracle")


def main(config: SelectionConfig) -> None:
    """Measure and print."""
    columns = ["id", "code", "language", "prompt", "images"]
    rows = Dataset(config.dataset).read(config.split, columns, limit=config.limit).to_pylist()
    file = Path(config.out) if config.out else None
    lines = file.read_text().splitlines() if file and file.exists() else []
    measured = {one.id: one for one in map(Measured.model_validate_json, lines)}
    missing = [(place, row) for place, row in enumerate(rows) if row["id"] not in measured]
    builder = Builder(Limits(), allow_unsafe=True)  # the programs are our own model's
    with Progress("select", len(rows), "parts", done=len(measured)) as progress:
        for row, texts in _answered(config, missing):
            one = measured[row["id"]] = _measure(builder, row, texts)
            if file:
                with file.open("a") as stream:
                    print(one.model_dump_json(), file=stream)
            progress.advance()
    builder.close()
    _report([measured[row["id"]] for row in rows])


def _answered(
    config: SelectionConfig, numbered: Sequence[tuple[int, dict[str, Any]]]
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Each part with the raw answers to it."""
    model = Generator(config.checkpoint, config.generation)
    heat, length = config.generation.temperature or VARIETY, config.generation.max_new_tokens
    at_once = max(1, config.generation.batch_size // config.n)
    for start in range(0, len(numbered), at_once):
        some = numbered[start : start + at_once]
        rows = [row for _, row in some]
        questions = model.encode([row["prompt"] for row in rows], list(map(_images, rows)))
        how = [
            Sampling(length, heat if number else 0.0, seed=config.n * place + number)
            for place, _ in some
            for number in range(config.n)
        ]
        texts = model.write([one for one in questions for _ in range(config.n)], how)
        for at, row in enumerate(rows):
            yield row, texts[at * config.n : (at + 1) * config.n]


def _images(row: dict[str, Any]) -> list[Image.Image]:
    return [Image.open(io.BytesIO(image["png"])).convert("RGB") for image in row["images"]]


def _measure(builder: Builder, row: dict[str, Any], texts: list[str]) -> Measured:
    reference = builder.build(CadProgram(row["code"], row["language"])).solid
    assert reference is not None, f"{row['id']}: the dataset's own program builds nothing"
    shown = [cut for image in _images(row) if (cut := Picture.of(image)) is not None]
    built: dict[str, Built] = {}
    for text in texts:
        program = CadProgram(program_text(text))
        if program.digest not in built:
            built[program.digest] = builder.build(program, shown)
    of_each = [built[CadProgram(program_text(text)).digest] for text in texts]
    scores = {id(one): _iou(one.solid, reference) for one in built.values()}
    ious = [scores[id(one)] for one in of_each]
    valid = [one.solid is not None for one in of_each]
    choice = choose(of_each)
    first, ours, best = 0, choice.number, int(np.argmax(ious))
    return Measured(
        id=row["id"],
        ious=(ious[first], ious[ours], ious[best]),
        valid=(valid[first], valid[ours], valid[best]),
        rule=choice.rule,
        compare_s=_compare_s(list(built.values()), shown),
    )


def _iou(solid: Solid | None, reference: Solid) -> float:
    return iou(unit_body(solid).mesh, unit_body(reference).mesh) if solid is not None else 0.0


def _compare_s(builds: list[Built], shown: list[Picture]) -> float:
    solids = [built.solid for built in builds if built.solid is not None]
    if not solids or not shown:
        return 0.0
    started = time.process_time()
    for solid in solids:
        agreement(solid, shown)
    return (time.process_time() - started) / len(solids)


def _report(measured: list[Measured]) -> None:
    ious = np.array([one.ious for one in measured])
    valid = np.array([one.valid for one in measured])
    drawn = np.random.default_rng(0).integers(len(ious), size=(2000, len(ious)))
    means = ious[drawn].mean(axis=1)
    print(f"{len(measured)} parts".ljust(16) + "  mean IoU          95 %     valid")
    for place, name in enumerate(ANSWERS):
        low, high = np.percentile(means[:, place], [2.5, 97.5])
        print(
            f"{name:16}{ious[:, place].mean():10.3f}  [{low:.3f}, {high:.3f}]"
            f"{valid[:, place].mean():10.3f}"
        )
    low, high = np.percentile(_recovered(means), [2.5, 97.5])
    share = float(_recovered(ious.mean(axis=0, keepdims=True))[0])
    print(
        f"recovered of the gap between the first and the best: {share:.2f} [{low:.2f}, {high:.2f}]"
    )
    rules = [one.rule for one in measured]
    print("selected by: " + ", ".join(f"{rule} {rules.count(rule)}" for rule in sorted({*rules})))
    spent = 1000 * np.mean([one.compare_s for one in measured if one.compare_s])
    print(f"comparing a candidate with the pictures: {spent:.1f} ms of one core")


def _recovered(means: NDArray[np.float64]) -> NDArray[np.float64]:
    first, ours, best = means.T
    recovered: NDArray[np.float64] = (ours - first) / (best - first)
    return recovered


if __name__ == "__main__":
    main(SelectionConfig.load(sys.argv[1:]))
