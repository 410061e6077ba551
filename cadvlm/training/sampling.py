"""What the model writes so far: a few parts of the validation split, answered, executed, compared.

The workers answer together with the weights as they are (under ZeRO-3 they have to move in step),
greedily, so that no random number is drawn and training goes on as if nobody had looked. The first
worker executes and compares. The parts are the same each time, and so few that their scores say
where things are going and not how good the model is: for that there is ``jobs.evaluate``.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
import torch.distributed as dist
from PIL import Image
from transformers import PreTrainedModel, ProcessorMixin

from cadvlm.codegen.answer import program_text
from cadvlm.config.execution import Limits
from cadvlm.errors import SandboxUnavailable
from cadvlm.execution.dialects import LANGUAGES
from cadvlm.execution.result import Status
from cadvlm.models.collate import Encoded, collate
from cadvlm.models.prompt import encode_each
from cadvlm.progress import warn
from cadvlm.records import CadProgram
from cadvlm.storage import Folder

if TYPE_CHECKING:
    from cadvlm.execution.sandbox import Sandbox
    from cadvlm.geometry.solid import Solid

SAMPLES = "samples"
"""Folder of a run: one Parquet file a look."""

SAMPLE_SCHEMA = pa.schema(
    {
        "step": pa.int64(),
        "id": pa.string(),
        "status": pa.string(),
        "error": pa.string(),
        "iou": pa.float64(),
        "text": pa.string(),
        "code": pa.string(),
        "input": pa.binary(),
        "reference": pa.binary(),
        "prediction": pa.binary(),
    }
)
"""``text`` is the raw answer, ``code`` the program in it; pictures are PNG."""

_PICTURE_SIZE = 224

_LONGEST = 1.5
"""An answer ends when it is so many times as long as the longest reference: no right one is, and a
model that has not learnt to stop would write for ever."""


class Answers(NamedTuple):
    """What one worker is to answer, and how long that may take."""

    questions: list[Encoded]
    most_tokens: int


class Sampler:
    """One worker's part in looking at samples. All workers make the same calls."""

    def __init__(
        self, rows: pa.Table, processor: ProcessorMixin, limits: Limits, rank: int, workers: int
    ) -> None:
        """``rows`` are the parts, at least one, as :func:`chosen` gives them."""
        self.rows = rows.to_pylist()
        self.processor = processor
        self.rank, self.workers = rank, workers
        self.judge = Judge(self.rows, limits) if rank == 0 else None

    def look(self, model: PreTrainedModel, step: int, folder: Folder) -> dict[str, Any]:
        """Answer, and on the first worker judge and keep what came of it.

        Args:
            model: In evaluation mode.
            step: Steps taken so far.
            folder: Of the run.

        Returns:
            For the row of metrics, under ``sample``: the rates of METRICS.md and the mean IoU.
            Nothing on other workers, nor where no program can be run: training goes on without.
        """
        texts = self._together(self._answer(model))
        if self.judge is None:
            return {}
        try:
            judged = self.judge(texts)
        except SandboxUnavailable as error:
            warn(f"samples of step {step} are not judged: {error}")
            return {}
        table = pa.Table.from_pylist([{"step": step, **row} for row in judged], SAMPLE_SCHEMA)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        (folder / SAMPLES).write(f"step-{step:08}.parquet", sink.getvalue().to_pybytes())
        return {"sample": _rates(judged)}

    @cached_property
    def _mine(self) -> list[int]:
        """Places of this worker's rows; every worker has as many, some twice over."""
        share = -(-len(self.rows) // self.workers)
        return [(self.rank * share + place) % len(self.rows) for place in range(share)]

    @cached_property
    def _asked(self) -> Answers:
        prompts = [row["prompt"] for row in self.rows]
        pictures = [[Image.open(io.BytesIO(p["png"])) for p in row["images"]] for row in self.rows]
        questions = encode_each(self.processor, prompts, pictures)
        texts = [f"{row['plan'] or ''}{row['code']}" for row in self.rows]
        longest = max(len(tokens) for tokens in self.processor.tokenizer(texts)["input_ids"])
        return Answers([questions[place] for place in self._mine], int(_LONGEST * longest) + 8)

    @torch.no_grad()
    def _answer(self, model: PreTrainedModel) -> list[str]:
        inputs = collate(self._asked.questions, self.processor, "left")
        start = inputs["input_ids"].shape[1]
        tokens = model.generate(
            **inputs.to(model.device, model.dtype),
            max_new_tokens=self._asked.most_tokens,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            use_cache=True,
            pad_token_id=self.processor.tokenizer.pad_token_id,
            # Workers that are done go on until all are: each call gathers weights from all.
            synced_gpus=self.workers > 1,
        )
        answers = self.processor.batch_decode(tokens[:, start:], skip_special_tokens=True)
        return [str(answer) for answer in answers]

    def _together(self, mine: list[str]) -> list[str]:
        """The answers of all workers, in the order of the rows."""
        if self.workers == 1:
            return mine
        found: list[Any] = [None] * self.workers
        dist.all_gather_object(found, mine)
        return [text for share in found for text in share][: len(self.rows)]


class Judge:
    """Executes answers and compares them with their references. Holds a warm sandbox."""

    def __init__(self, rows: Sequence[dict[str, Any]], limits: Limits) -> None:
        self._rows, self._limits = rows, limits

    def __call__(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """A row of :data:`SAMPLE_SCHEMA`, but for the step, for each answer."""
        return [
            self._judge(row, reference, text)
            for row, reference, text in zip(self._rows, self._references, texts, strict=True)
        ]

    @cached_property
    def _sandbox(self) -> Sandbox:
        from cadvlm.execution.sandbox import Sandbox

        return Sandbox(self._limits)

    @cached_property
    def _references(self) -> list[Solid | None]:
        programs = [CadProgram(row["code"], row["language"]) for row in self._rows]
        return [self._sandbox.run(program).solid for program in programs]

    def _judge(self, row: dict[str, Any], reference: Solid | None, text: str) -> dict[str, Any]:
        program = CadProgram(program_text(text), row["language"])
        result = self._sandbox.run(program)
        return {
            "id": row["id"],
            "status": result.status.value,
            "error": result.error,
            "iou": _iou(result.unsound or result.solid if result.solid else None, reference),
            "text": text,
            "code": program.code,
            "input": row["images"][0]["png"],
            "reference": _picture(reference),
            "prediction": _picture(result.solid),
        }


def chosen(rows: pa.Table, count: int) -> pa.Table:
    """So many parts from all over a table, of those with a picture and a program that can be run;
    no other is read.

    Text alone would leave the tower out, which under ZeRO 3 all workers use or none.
    """
    can_run = pc.is_in(rows["language"], pa.array(LANGUAGES))
    pictured = pc.greater(pc.fill_null(pc.list_value_length(rows["images"]), 0), 0)
    places = pc.indices_nonzero(pc.and_(can_run, pictured)).to_pylist()
    count = min(count, len(places))
    picked = [places[number * len(places) // count] for number in range(count)]
    return pa.concat_tables([rows.slice(0, 0), *(rows.slice(place, 1) for place in picked)])


def _iou(candidate: Solid | None, reference: Solid | None) -> float | None:
    """``iou`` of METRICS.md: in the unit box, unturned; 0 without a solid, unknown without two."""
    from cadvlm.geometry.align import unit_body
    from cadvlm.geometry.compare import iou

    if reference is None:
        return None
    return iou(unit_body(candidate).mesh, unit_body(reference).mesh) if candidate else 0.0


def _picture(solid: Solid | None) -> bytes | None:
    from cadvlm.render.png import encode
    from cadvlm.render.shaded import draw

    return encode(draw(solid, size=_PICTURE_SIZE)) if solid else None


def _rates(judged: Sequence[dict[str, Any]]) -> dict[str, float]:
    statuses = [row["status"] for row in judged]
    known = [row["iou"] for row in judged if row["iou"] is not None]
    return {
        "n": len(judged),
        "syntax_valid_rate": fmean(status != Status.SYNTAX for status in statuses),
        "execution_rate": fmean(status in (Status.OK, Status.NO_SOLID) for status in statuses),
        "valid_solid_rate": fmean(status == Status.OK for status in statuses),
        "iou": fmean(known) if known else 0.0,
    }
