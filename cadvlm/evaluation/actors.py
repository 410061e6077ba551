"""The two kinds of work that evaluation spreads over a cluster, as plain classes.

:class:`Answerer` turns pictures into programs and may hold a GPU; :class:`Scorer` executes
programs and measures solids on one core. ``pool.actors`` makes actors of them. What is slow to set
up is made on first use and not in the constructor, so that its errors reach the driver as what they
are.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.config.execution import Limits
from cadvlm.errors import InputError, SandboxUnavailable
from cadvlm.evaluation.questions import Question
from cadvlm.evaluation.scores import Case, describe, unscored
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.records import CadProgram
from cadvlm.references.reference import Reference
from cadvlm.scoring import METRICS
from cadvlm.scoring.aggregate import MISSING
from cadvlm.scoring.recall import recalled

if TYPE_CHECKING:
    from cadvlm.execution.sandbox import Sandbox
    from cadvlm.geometry.solid import Solid
    from cadvlm.models.generate import Generator

PICTURE_SIZE = 224
"""Pixels of the gallery's pictures."""

Thing = CadProgram | Reference | None
"""What can be drawn: what a program builds, what a reference is, nothing."""


class Drawing(NamedTuple):
    """What there is to see of a solid."""

    picture: bytes | None = None
    """PNG."""
    scene: bytes | None = None
    """For the 3D view; see ``cadvlm.reports.viewer``."""


_SELF_CHECK = CadProgram('import cadquery as cq\nresult = cq.Workplane("XY").box(1, 2, 3)\n')


class Answerer:
    """Answers pictures. Holds the model."""

    def __init__(self, checkpoint: str, config: GenerationConfig, seed: int) -> None:
        self._checkpoint, self._config, self._seed = checkpoint, config, seed

    @cached_property
    def _generator(self) -> Generator:
        from cadvlm.models.generate import Generator

        return Generator(self._checkpoint, self._config)

    def ready(self) -> None:
        """Load the model."""
        assert self._generator

    def answer(self, questions: Sequence[Question]) -> list[str]:
        """The raw answers. The seed and the questions decide what is sampled, not the actor."""
        from PIL import Image

        pictures = [
            [Image.open(io.BytesIO(png)).convert("RGB") for png in question.pictures]
            for question in questions
        ]
        seed = zlib.crc32(f"{self._seed}:{questions[0].id}".encode())
        return self._generator.answer([one.prompt for one in questions], pictures, seed)


class Scorer:
    """Executes predictions and references and compares the solids. Holds a warm sandbox."""

    def __init__(self, limits: Limits, seed: int, edits: int = 0) -> None:
        self._limits, self._seed, self._edits = limits, seed, edits
        # The control is one program for all parts, and a good model repeats the reference: the last
        # few results are kept, also because a control that hangs would hang for every part.
        self._recent = lru_cache(maxsize=8)(self._run)
        self._survived = lru_cache(maxsize=64)(self._edit)

    @cached_property
    def _sandbox(self) -> Sandbox:
        from cadvlm.execution.sandbox import Sandbox

        return Sandbox(self._limits)

    def ready(self) -> None:
        """Build a box and compare it with itself, once: warms every kernel, and proves that they
        work.

        Raises:
            SandboxUnavailable: a sandbox or a scorer that fails on a box would fail every model.
        """
        assert self._works

    @cached_property
    def _works(self) -> bool:
        from cadvlm.scoring import score

        result = self.execute(_SELF_CHECK)
        if result.solid is None:
            raise SandboxUnavailable(f"a plain box does not build here: {result.error}")
        iou = score(result.solid, result.solid, seed=self._seed)["iou"]
        if iou is None or iou < 0.999:
            raise SandboxUnavailable(f"a box scores IoU {iou} against itself here")
        return True

    def protections(self, _: Sequence[None] = ()) -> list[dict[str, Any]]:
        """What this machine's sandbox protects from: ``name``, ``enforced`` and ``how``."""
        from cadvlm.execution.selfcheck import protections

        return [one._asdict() for one in protections()]

    def execute(self, program: CadProgram) -> ExecutionResult:
        """Run a program, or say again what happened when it ran a moment ago."""
        return self._recent(CadProgram(program.code, program.language))

    def score(self, cases: Sequence[Case]) -> list[dict[str, Any]]:
        """The rows of ``scores.parquet``, in order."""
        return [self.score_one(case) for case in cases]

    def score_one(self, case: Case) -> dict[str, Any]:
        """One row."""
        row = describe(case)
        try:
            reference = self._measure(case.reference)
        except InputError as error:
            return row | unscored(f"the reference: {error}")
        row["n_faces"] = reference.n_faces or None
        if case.control is not None:
            row |= _prefixed(self._judge(case.control, reference))
        if case.prediction is None:
            return row | self._judge(None, reference)
        program = CadProgram(case.prediction.code, case.prediction.language)
        judged = row | self._judge(program, reference) | self._read(program)
        wanted = case.reference.program
        return judged | (recalled(program, wanted)._asdict() if wanted else {})

    def draw(self, numbered: Sequence[tuple[int, Sequence[Thing]]]) -> list[Drawing]:
        """Pictures and 3D views of what is in the one entry; None where there is nothing."""
        from cadvlm.render.png import encode
        from cadvlm.render.shaded import draw
        from cadvlm.reports.viewer import pack

        [(_, things)] = numbered
        solids = [self._build(thing) for thing in things]
        return [
            Drawing(encode(draw(solid, size=PICTURE_SIZE)), pack(solid)) if solid else Drawing()
            for solid in solids
        ]

    def _build(self, thing: Thing) -> Solid | None:
        if isinstance(thing, CadProgram):
            return self.execute(thing).solid
        try:
            return self._measure(thing) if thing else None
        except InputError:
            return None

    def _measure(self, reference: Reference) -> Solid:
        """The solid that a reference is.

        Raises:
            InputError: there is none; the message says why.
        """
        if reference.program is not None:
            result = self.execute(reference.program)
        elif reference.content is None:
            raise InputError(f"{reference.file} cannot be opened")
        else:
            if reference.kind == "stl" or reference.kind == "obj":
                from cadvlm.geometry import meshfile

                return meshfile.read(reference.content, reference.kind)
            result = self._sandbox.read(reference.content, reference.kind)
        if result.solid is None:
            raise InputError(f"{result.status}: {result.error}")
        return result.unsound or result.solid

    def _run(self, program: CadProgram) -> ExecutionResult:
        return self._sandbox.run(program)

    def _judge(self, program: CadProgram | None, reference: Solid) -> dict[str, Any]:
        from cadvlm.scoring import score

        if program is None:
            return {"status": MISSING, **score(None, reference, seed=self._seed)}
        result = self.execute(program)
        scores = score(result.solid, reference, unsound=result.unsound, seed=self._seed)
        return {
            "status": result.status.value,
            "error": result.error,
            "seconds": result.seconds,
            "result_name": result.result_name,
            "n_left_out": result.solid and result.solid.n_left_out,
            **scores,
        }

    def _read(self, program: CadProgram) -> dict[str, Any]:
        """What the program itself says: its length, and how many edits of it survive."""
        from cadvlm.scoring import compactness

        length = {
            "tokens": compactness.tokens(program.code),
            "operations": compactness.operations(program.code),
        }
        if not self._edits or self.execute(program).status is not Status.OK:
            return length
        survived, edits = self._survived(program)
        return {**length, "edit_survival": survived, "n_edits": edits}

    def _edit(self, program: CadProgram) -> tuple[float | None, int]:
        from cadvlm.scoring import editing

        edited = _evenly(editing.edits(program.code), self._edits)
        if not edited:
            return None, 0
        runs = [self._run(CadProgram(code, program.language)) for code in edited]
        return editing.edit_survival([run.status for run in runs]), len(edited)


def _evenly(edited: Sequence[str], most: int) -> list[str]:
    """The edits up and down of at most so many literals, from all over the program."""
    count = len(edited) // 2
    chosen = min(most, count)
    starts = (2 * (number * count // chosen) for number in range(chosen))
    return [code for start in starts for code in edited[start : start + 2]]


def _prefixed(judgement: Mapping[str, Any]) -> dict[str, Any]:
    return {f"control_{key}": judgement[key] for key in ("status", *METRICS)}
