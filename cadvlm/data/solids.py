"""Parts to solids: every program is run, every shape file read, where it can do no harm."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Literal, cast

from cadvlm.codegen import verbatim
from cadvlm.errors import InputError
from cadvlm.execution.dialects import LANGUAGES, Untranslatable, to_cadquery
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.sandbox import SHAPE_FILES, Sandbox
from cadvlm.records import TEXT, CadProgram, Part
from cadvlm.sequences.model import ConstructionSequence


def solids(
    sandbox: Sandbox, parts: Sequence[Part], exports: Collection[str] = ()
) -> Iterator[ExecutionResult | None]:
    """What became of each part, in order; None for a caption, of which nothing can.

    Our own programs share a child process, what others wrote has one of its own. A program or a
    file that several parts have in common is executed once.
    """
    ours: dict[str, CadProgram] = {}
    for part in parts:
        if part.ours:
            with suppress(Untranslatable):  # then it fails alone, and says how
                ours[digest(part)] = _in_cadquery(part)
    shared = sandbox.run_ours(list(ours.values()), exports=exports)
    results, uses = dict(zip(ours, shared, strict=True)), Counter(map(digest, parts))
    del shared
    for part in parts:
        if part.program and part.program.language == TEXT:
            yield None
            continue
        key = digest(part)
        if key not in results:
            results[key] = _alone(sandbox, part, exports)
        uses[key] -= 1  # a large mesh is kept no longer than it has to be
        yield results[key] if uses[key] else results.pop(key)


def _in_cadquery(part: Part) -> CadProgram:
    """One of our own programs as it is run; of a language that is not, its sequence instead."""
    assert part.program is not None
    if part.program.language in LANGUAGES:
        return to_cadquery(part.program)
    assert part.sequence is not None
    return verbatim.write(ConstructionSequence.from_json(part.sequence))


def digest(part: Part) -> str:
    """Hash of a part's program or, where it has none, of its shape's file."""
    if part.program:
        return part.program.digest
    return hashlib.sha256(part.shape or b"").hexdigest()


def _alone(sandbox: Sandbox, part: Part, exports: Collection[str]) -> ExecutionResult:
    if part.program:
        return sandbox.run(part.program, exports=exports)
    return measure(sandbox, part, exports)


def measure(sandbox: Sandbox, part: Part, exports: Collection[str] = ()) -> ExecutionResult:
    """Open a part's shape file, whether it has a program or not."""
    content = part.shape or b""
    if part.shape_kind in SHAPE_FILES:
        return sandbox.read(content, part.shape_kind, exports=exports)
    return _mesh(content, cast(Literal["stl", "obj"], part.shape_kind))


def _mesh(content: bytes, kind: Literal["stl", "obj"]) -> ExecutionResult:
    """Triangles are measured here: no kernel reads them."""
    from cadvlm.geometry import meshfile

    started = time.monotonic()
    try:
        solid, error = meshfile.read(content, kind), None
    except InputError as fault:
        solid, error = None, str(fault)
    status = Status.OK if solid else Status.NO_SOLID
    return ExecutionResult(status, time.monotonic() - started, error, kind, solid)
