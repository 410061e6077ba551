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
from typing import TYPE_CHECKING, Any

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.config.execution import Limits
from cadvlm.errors import SandboxUnavailable
from cadvlm.evaluation.questions import Question
from cadvlm.evaluation.scores import Case, describe, unscored
from cadvlm.execution.result import ExecutionResult
from cadvlm.records import CadProgram
from cadvlm.scoring.aggregate import MISSING

if TYPE_CHECKING:
    from cadvlm.execution.sandbox import Sandbox
    from cadvlm.geometry.solid import Solid
    from cadvlm.models.generate import Generator

PICTURE_SIZE = 224
"""Pixels of the gallery's pictures."""

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

    def __init__(self, limits: Limits, seed: int) -> None:
        self._limits, self._seed = limits, seed
        # The control is one program for all parts, and a good model repeats the reference: the last
        # few results are kept, also because a control that hangs would hang for every part.
        self._recent = lru_cache(maxsize=8)(self._run)

    @cached_property
    def _sandbox(self) -> Sandbox:
        from cadvlm.execution.sandbox import Sandbox

        return Sandbox(self._limits)

    def ready(self) -> None:
        """Build a box and compare it with itself: warms every kernel, and proves that they work.

        Raises:
            SandboxUnavailable: a sandbox or a scorer that fails on a box would fail every model.
        """
        from cadvlm.scoring import score

        result = self.execute(_SELF_CHECK)
        if result.solid is None:
            raise SandboxUnavailable(f"a plain box does not build here: {result.error}")
        iou = score(result.solid, result.solid, seed=self._seed)["iou"]
        if iou is None or iou < 0.999:
            raise SandboxUnavailable(f"a box scores IoU {iou} against itself here")

    def execute(self, program: CadProgram) -> ExecutionResult:
        """Run a program, or say again what happened when it ran a moment ago."""
        return self._recent(CadProgram(program.code, program.language))

    def score(self, cases: Sequence[Case]) -> list[dict[str, Any]]:
        """The rows of ``scores.parquet``, in order."""
        return [self.score_one(case) for case in cases]

    def score_one(self, case: Case) -> dict[str, Any]:
        """One row."""
        row = describe(case)
        reference = self.execute(case.reference.program)
        if reference.solid is None:
            return row | unscored(f"the reference: {reference.status}: {reference.error}")
        row["n_faces"] = reference.solid.n_faces
        if case.control is not None:
            row |= _prefixed(self._judge(case.control, reference.solid))
        if case.prediction is None:
            return row | self._judge(None, reference.solid)
        program = CadProgram(case.prediction.code, case.prediction.language)
        return row | self._judge(program, reference.solid)

    def draw(
        self, numbered: Sequence[tuple[int, Sequence[CadProgram | None]]]
    ) -> tuple[bytes | None, ...]:
        """PNGs of what the programs of the one entry build; None where there is nothing."""
        from cadvlm.render.png import encode
        from cadvlm.render.shaded import draw

        [(_, programs)] = numbered
        solids = [self.execute(program).solid if program else None for program in programs]
        return tuple(encode(draw(solid, size=PICTURE_SIZE)) if solid else None for solid in solids)

    def _run(self, program: CadProgram) -> ExecutionResult:
        return self._sandbox.run(program)

    def _judge(self, program: CadProgram | None, reference: Solid) -> dict[str, Any]:
        from cadvlm.scoring import score

        if program is None:
            return {"status": MISSING, **score(None, reference, seed=self._seed)}
        result = self.execute(program)
        return {
            "status": result.status.value,
            "error": result.error,
            "seconds": result.seconds,
            "result_name": result.result_name,
            **score(result.solid, reference, seed=self._seed),
        }


def _prefixed(judgement: Mapping[str, Any]) -> dict[str, Any]:
    kept = judgement.keys() - {"error", "seconds", "result_name"}
    return {f"control_{key}": judgement[key] for key in kept}
