"""Parts to samples: executed, measured and drawn, with all that is slow to set up kept warm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cadvlm.codegen import plan
from cadvlm.config.data import PrepareConfig
from cadvlm.data.pairs import unlike
from cadvlm.data.shape_key import shape_key
from cadvlm.data.solids import digest, measure, solids
from cadvlm.data.split import split_of
from cadvlm.data.tokens import counter
from cadvlm.data.verified import Built, verified
from cadvlm.errors import InputError
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.solid import Solid
from cadvlm.records import Part, Refusal, Rendering, Sample
from cadvlm.render.views import exports, pictures

_NOT_TO_BE_DRAWN = (InputError, ArithmeticError, LookupError, MemoryError, ValueError)
"""What drawing an odd part may raise. Anything else is a fault of the worker, and ends the run."""


class Builder:
    """Holds a sandbox, compiled drawing kernels and a tokenizer."""

    def __init__(self, config: PrepareConfig) -> None:
        self._config = config
        self._sandbox = Sandbox(config.limits)
        self._exports = exports(config.pictures)
        self._length = counter(config.tokenizer)
        pairs = zip(config.labels, config.sources, strict=True)
        self._splits = {label: source.split for label, source in pairs}

    def build(
        self, rows: Sequence[Part | Refusal], *, any_length: bool = False
    ) -> list[Sample | Refusal]:
        """A sample or a refusal for every part, in order; refusals stay what they are.

        ``any_length``: also of programs that are longer than ``max_tokens``.
        """
        most = None if any_length else self._config.max_tokens
        tried = [self._fitting(row, most) if isinstance(row, Part) else row for row in rows]
        parts = [row for row in tried if isinstance(row, Part)]
        built: Iterator[Built] = zip(
            parts, solids(self._sandbox, parts, self._exports), strict=True
        )
        if self._config.verify and self._config.style == "idiomatic":
            built = verified(self._sandbox, built, self._exports)
        return [self._made(*next(built), most) if isinstance(row, Part) else row for row in tried]

    def _made(
        self, part: Part, result: ExecutionResult | None, most: int | None
    ) -> Sample | Refusal:
        # The plain program that took the place of a concise one is longer.
        fitting = self._fitting(part, most)
        return self.sample(part, result) if isinstance(fitting, Part) else fitting

    def _fitting(self, part: Part, most: int | None) -> Part | Refusal:
        if most is None or part.program is None:
            return part
        length = self._length(part.program.code)
        if length <= most:
            return part
        return _refused(part, "filter", "too_long", f"{length} tokens, max_tokens is {most}")

    def sample(self, part: Part, result: ExecutionResult | None) -> Sample | Refusal:
        """Measure and draw what became of a part, or say why there is nothing to draw.

        ``result`` is None for a caption, which is all there is of its part.
        """
        solid = result.solid if result else None
        if result and solid is None:
            return _failed(part, result, "execute" if part.program else "read")
        if solid and part.program and part.shape is not None:
            filed = measure(self._sandbox, part)
            if filed.solid is None:
                return _failed(part, filed, "read")
            if difference := unlike(solid, filed.solid):
                return _refused(part, "compare", "another_part", difference)
        try:
            images = self._pictures(part, solid)
        except _NOT_TO_BE_DRAWN as error:
            return _refused(part, "render", "not_drawn", str(error))
        key = shape_key(solid) if solid else None
        alone = part.program is None
        return Sample(
            id=part.id,
            source=part.source,
            split=self._splits.get(part.source)
            or split_of(key or digest(part), self._config.split),
            language=part.program.language if part.program else None,
            code=part.program.code if part.program else None,
            operations=part.program.operations if part.program else (),
            n_tokens=self._length(part.program.code) if part.program else 0,
            images=images,
            prompt=self._config.prompt if part.prompt is None else part.prompt,
            sequence=part.sequence,
            n_faces=(solid.n_faces or None) if solid else None,  # triangles have none to count
            volume=solid.volume if solid else None,
            bbox=solid.bbox if solid else None,
            shape_key=key,
            shape=part.shape if alone else None,
            shape_kind=part.shape_kind if alone else None,
            plan=self._plan(part, solid),
            plain_instead=part.plain_instead,
        )

    def _plan(self, part: Part, solid: Solid | None) -> str | None:
        if not self._config.plan or part.program is None or solid is None:
            return None
        return plan.of(part.program, part.sequence, solid.bbox, self._config.style)

    def _pictures(self, part: Part, solid: Solid | None) -> tuple[Rendering, ...]:
        if part.images is not None or solid is None:
            return part.images or ()
        return pictures(part.id, solid, self._config.pictures, self._config.seed)


def _failed(part: Part, result: ExecutionResult, stage: str) -> Refusal:
    """A program or, while reading, a shape file that left no solid."""
    broken = stage == "read" and result.status is Status.SYNTAX
    reason = "corrupt_file" if broken else result.status.value
    return _refused(part, stage, reason, result.error or "")


def _refused(part: Part, stage: str, reason: str, detail: str) -> Refusal:
    code = part.program.code if part.program else None
    return Refusal(part.id, part.source, stage, reason, detail, code)
