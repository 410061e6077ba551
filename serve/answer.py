"""What ``/v1/generate`` answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from cadvlm.execution.result import Status
from cadvlm.scoring.agreement import Agreement
from serve.builder import Built, Figures
from serve.selection import Choice, Rule

DOWNLOADS = {
    "step": "part.step",
    "stl": "part.stl",
    "glb": "part.glb",
    "png": "part.png",
    "svg": "drawing.svg",
}


class Candidate(BaseModel):
    """One program and what became of it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    code: str
    """As it was run: with what ``repaired`` says."""
    valid: bool
    status: Status
    error: str | None
    repaired: list[str]
    """That it was written again and why, where it was; then roundings that the kernel refused and
    that were made smaller, one line each."""
    score: float | None
    """How far its picture agrees with the pictures that were sent, 0 to 1."""


class GenerateResponse(BaseModel):
    """A program that was run. One that builds nothing is an answer too: ``valid`` says which."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    code: str
    language: str
    valid: bool
    status: Status
    """``ok``, or the class of the failure."""
    error: str | None
    """One line that says why there is no solid."""
    repaired: list[str]
    """As for each candidate."""
    candidates: list[Candidate]
    """In the order in which they were asked for."""
    selected: int
    """Which of them is the answer."""
    selected_by: Rule
    """``only_candidate``, ``agreement``, ``first_valid`` or ``none_valid``."""
    reason: str
    """Why, in a sentence."""
    agreement: Agreement | None
    """With the pictures that were sent, of the answer; null where they show nothing."""
    solid: Figures | None
    artifacts: dict[str, str]
    """Where its files are, made when one of them is asked for; empty where there is no solid. The
    drawing, ``svg``, is not found (404) of a part that is too large or too small for paper."""
    timings: dict[str, float]


def answer(
    id: str,
    builds: Sequence[Built],
    choice: Choice,
    timings: Mapping[str, float],
) -> GenerateResponse:
    """Put the chosen one of several programs, and what is known of all, in an answer."""
    best = builds[choice.number]
    return GenerateResponse(
        id=id,
        code=best.program.code,
        language=best.program.language,
        valid=best.solid is not None,
        status=best.status,
        error=best.error,
        repaired=list(best.changes),
        candidates=[_candidate(built) for built in builds],
        selected=choice.number,
        selected_by=choice.rule,
        reason=choice.reason,
        agreement=best.agreement,
        solid=best.figures,
        artifacts={
            kind: f"/v1/artifacts/{id}/{name}" for kind, name in DOWNLOADS.items() if best.solid
        },
        timings={name: round(seconds, 3) for name, seconds in timings.items()},
    )


def _candidate(built: Built) -> Candidate:
    return Candidate(
        code=built.program.code,
        valid=built.solid is not None,
        status=built.status,
        error=built.error,
        repaired=list(built.changes),
        score=round(built.agreement.score, 4) if built.agreement else None,
    )


def preferred(answer: GenerateResponse) -> list[int]:
    """The candidates, best first: the answer, then those that build a solid by their score."""
    every = answer.candidates
    order = sorted(range(len(every)), key=lambda i: (not every[i].valid, -(every[i].score or 0), i))
    return [answer.selected, *(index for index in order if index != answer.selected)]
