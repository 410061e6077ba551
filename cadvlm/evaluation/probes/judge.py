"""Those who judge probes, as plain classes: they build what is asked for and what is answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from cadvlm.codegen.answer import program_text
from cadvlm.config.data import PictureConfig
from cadvlm.config.execution import Limits
from cadvlm.errors import SandboxUnavailable
from cadvlm.records import CadProgram

if TYPE_CHECKING:
    from cadvlm.execution.sandbox import Sandbox

_BOX = CadProgram('import cadquery as cq\nresult = cq.Workplane("XY").box(1, 2, 3)\n')


class Draft(NamedTuple):
    """A probe before its part is built."""

    id: str
    operation: str
    kind: str
    """``text`` or ``picture``."""
    prompt: str
    """In words; of a picture the training set's own instruction takes its place."""
    program: CadProgram
    plain: CadProgram | None
    """The part without the operation; None where none is left."""


class Answer(NamedTuple):
    """What a model said to a probe."""

    id: str
    text: str
    mark: str
    """What its solid is to show, as JSON."""


class Judge:
    """Judges answers. Holds a warm sandbox."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    @cached_property
    def _sandbox(self) -> Sandbox:
        from cadvlm.execution.sandbox import Sandbox

        return Sandbox(self._limits)

    def ready(self) -> None:
        """Build a box.

        Raises:
            SandboxUnavailable: not even that is possible here.
        """
        if (result := self._sandbox.run(_BOX)).solid is None:
            raise SandboxUnavailable(f"a plain box does not build here: {result.error}")

    def judge(self, answers: Sequence[Answer]) -> list[dict[str, Any]]:
        """How each answer ended and what its solid shows, in order."""
        return [self._judged(answer) for answer in answers]

    def _judged(self, answer: Answer) -> dict[str, Any]:
        from cadvlm.scoring.operations import Mark, operation_match

        code = program_text(answer.text)
        result = self._sandbox.run(CadProgram(code))
        wanted = Mark.from_json(json.loads(answer.mark))
        return {
            "id": answer.id,
            "status": result.status.value,
            "error": result.error,
            "score": operation_match(result.solid, wanted) if result.solid else 0.0,
            "code": code,
        }


class Maker(Judge):
    """Makes probes, whose pictures and instruction are those of a training set."""

    def __init__(self, limits: Limits, pictures: PictureConfig, prompt: str) -> None:
        super().__init__(limits)
        self._pictures, self._prompt = pictures, prompt

    def make(self, drafts: Sequence[Draft]) -> list[dict[str, Any] | None]:
        """The rows of a suite, in order; None for a part that does not build or shows no mark."""
        return [self._made(draft) for draft in drafts]

    def _made(self, draft: Draft) -> dict[str, Any] | None:
        from cadvlm.render.views import exports, pictures
        from cadvlm.scoring.operations import mark

        wanted = exports(self._pictures) if draft.kind == "picture" else ()
        solid = self._sandbox.run(draft.program, exports=wanted).solid
        plain = self._sandbox.run(draft.plain).solid if draft.plain else None
        if solid is None or (draft.plain and plain is None):
            return None
        shown = mark(solid, plain)
        if not shown.made:
            return None
        row: dict[str, Any] = {
            "id": draft.id,
            "operation": draft.operation,
            "kind": draft.kind,
            "prompt": draft.prompt,
            "code": draft.program.code,
            "mark": json.dumps(shown.to_json()),
            "pictures": [],
        }
        if draft.kind == "picture":
            drawn = pictures(draft.id, solid, self._pictures)
            row |= {"prompt": self._prompt, "pictures": [picture.png for picture in drawn]}
        return row
