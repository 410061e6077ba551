"""Whether a scorer gives the answers that are known.

    python -m cadvlm.scoring.selftest
    python -m cadvlm.scoring.selftest --scorer package.module:function --metric iou_best
    python -m cadvlm.scoring.selftest --command "their_iou {candidate} {reference}" --metric iou

Ours is asked for every metric that has a known answer (:mod:`cadvlm.scoring.cases`), another scorer
for the one that it claims to be. A function gets ``(vertices, triangles)`` of the candidate and of
the reference, arrays of shape (V, 3) and (T, 3), and returns a number. A command gets the paths of
two STL files and prints a number as its last word. Who raises, ends badly or gives no number has
given no answer, and that is never the right one.

Exit code 0: all answers are right; 1: some are not; 2: the scorer cannot be started.
"""

from __future__ import annotations

import argparse
import importlib
import math
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cadvlm.errors import InputError
from cadvlm.geometry.meshfile import enclosed, weld
from cadvlm.geometry.solid import Mesh, Solid
from cadvlm.scoring.cases import Case, cases
from cadvlm.scoring.scores import METRICS, score

WITHIN = 5e-3
"""How far an answer may be off: ten times what sampling and meshes cost ours."""

TIMEOUT_S = 120
"""For one answer of a command. The slowest peer takes seconds, or for ever."""

Scorer = Callable[[Mesh, Mesh], float | None]


class Answer(NamedTuple):
    """One line of the table."""

    case: str
    metric: str
    expected: float
    got: float | None
    said: str
    """What was raised or printed instead of an answer."""

    @property
    def ok(self) -> bool:
        return self.got is not None and abs(self.got - self.expected) <= WITHIN


def ask_ours() -> Iterator[Answer]:
    """All answers of this project's scorer."""
    for case in cases():
        scores = score(_solid(case.candidate), enclosed(weld(case.reference)))
        for metric, expected in case.expected.items():
            yield Answer(case.name, metric, expected, scores[metric], "")


def ask(scorer: Scorer, metric: str) -> Iterator[Answer]:
    """The answers of another scorer, which claims to be ``metric``."""
    for case in cases():
        if metric in case.expected:
            yield _asked(scorer, metric, case)


def _asked(scorer: Scorer, metric: str, case: Case) -> Answer:
    said, got = "no number", None
    try:
        number = scorer(case.candidate, case.reference)
        if number is not None and math.isfinite(number):
            said, got = "", float(number)
    except Exception as error:  # a scorer that fails is what this table is there to show
        said = f"{type(error).__name__}: {error}".splitlines()[0]
    return Answer(case.name, metric, case.expected[metric], got, said)


def _solid(mesh: Mesh) -> Solid | None:
    try:
        return enclosed(weld(mesh)) if len(mesh.triangles) else None
    except InputError:
        return None


def function(name: str) -> Scorer:
    """The scorer behind ``package.module:function``.

    Raises:
        InputError: there is no such function.
    """
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"--scorer {name}: {error}") from None

    def scorer(candidate: Mesh, reference: Mesh) -> Any:
        return found(tuple(_arrays(candidate)), tuple(_arrays(reference)))

    return scorer


def command(line: str) -> Scorer:
    """The scorer behind a command with ``{candidate}`` and ``{reference}`` in it.

    Raises:
        InputError: one of the two is missing.
    """
    if "{candidate}" not in line or "{reference}" not in line:
        raise InputError(f"--command {line!r} must name {{candidate}} and {{reference}}")

    def scorer(candidate: Mesh, reference: Mesh) -> float:
        with tempfile.TemporaryDirectory() as folder:
            paths = {"candidate": Path(folder, "a.stl"), "reference": Path(folder, "b.stl")}
            for path, mesh in zip(paths.values(), (candidate, reference), strict=True):
                path.write_bytes(_stl(mesh))
            words = [word.format(**paths) for word in shlex.split(line)]
            ended = subprocess.run(
                words, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
            )
        return float(ended.stdout.split()[-1])

    return scorer


def _arrays(mesh: Mesh) -> Iterator[Any]:
    yield mesh.vertices.copy()
    yield mesh.triangles.copy()


def _stl(mesh: Mesh) -> bytes:
    import trimesh

    stl: bytes = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False).export(
        file_type="stl"
    )
    return stl


def table(answers: Sequence[Answer]) -> str:
    """The answers, a line each."""
    lines = [f"{'case':<32} {'metric':<13} {'expected':>9} {'got':>9}  ok"]
    for answer in answers:
        got = answer.said[:40] if answer.got is None else f"{answer.got:9.4f}"
        verdict = "yes" if answer.ok else "NO"
        lines.append(
            f"{answer.case:<32} {answer.metric:<13} {answer.expected:9.4f} {got:>9}  {verdict}"
        )
    right = sum(answer.ok for answer in answers)
    return "\n".join([*lines, f"{right} of {len(answers)} right"])


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cadvlm.scoring.selftest", description="Ask a scorer what is known."
    )
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--scorer", metavar="MODULE:FUNCTION", help="a Python function")
    other.add_argument("--command", metavar="LINE", help="with {candidate} and {reference}")
    parser.add_argument("--metric", choices=METRICS, default="iou", help="what the other claims")
    chosen = parser.parse_args(argv)
    try:
        if chosen.scorer or chosen.command:
            scorer = function(chosen.scorer) if chosen.scorer else command(chosen.command)
            answers = list(ask(scorer, chosen.metric))
        else:
            answers = list(ask_ours())
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(answers))
    return 0 if all(answer.ok for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(main())
