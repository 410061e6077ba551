"""Concise programs are used only where the kernel builds the same solid from plain ones.

A concise program reckons where the faces of a part are, and rounds. What it builds is compared with
what the same sequence builds operation by operation. Where the two differ, the plain program takes
its place; where only the plain one fails (dozens of profiles, one by one, can take the kernel
longer than it is given) there is nothing to differ from, and the concise one stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from cadvlm.codegen import verbatim
from cadvlm.execution.result import ExecutionResult
from cadvlm.execution.sandbox import Sandbox
from cadvlm.execution.zygote import MOST_PROGRAMS
from cadvlm.geometry.same import same
from cadvlm.records import CadProgram, Part
from cadvlm.sequences.model import ConstructionSequence

Built = tuple[Part, ExecutionResult | None]


def verified(
    sandbox: Sandbox, built: Iterable[Built], exports: Collection[str] = ()
) -> Iterator[Built]:
    """Parts and what became of them, in order, with plain programs where those have to be.

    Args:
        sandbox: for the plain programs, of which most are only measured.
        built: parts with their results; None for a caption. Taken a few at a time.
        exports: as the results have them.
    """
    rest = iter(built)
    while group := list(islice(rest, MOST_PROGRAMS)):
        plain = {at: program for at, (part, _) in enumerate(group) if (program := _plain(part))}
        measured = dict(zip(plain, sandbox.run_ours([*plain.values()]), strict=True))
        wrong = [at for at, result in measured.items() if not _agrees(group[at][1], result)]
        if exports:
            again = sandbox.run_ours([plain[at] for at in wrong], exports=exports)
            measured |= dict(zip(wrong, again, strict=True))
        for at, (part, result) in enumerate(group):
            if at in wrong:
                yield replace(part, program=plain[at], plain_instead=True), measured[at]
            else:
                yield part, result


def _plain(part: Part) -> CadProgram | None:
    """The plain program of a part that our own writers have a concise one of."""
    program = part.program
    if not part.ours or not part.sequence or program is None or program.language != "cadquery":
        return None
    plain = verbatim.write(ConstructionSequence.from_json(part.sequence))
    return None if plain.code == program.code else plain


def _agrees(concise: ExecutionResult | None, plain: ExecutionResult) -> bool:
    if plain.solid is None:
        return True
    return concise is not None and concise.solid is not None and same(concise.solid, plain.solid)
