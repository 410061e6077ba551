"""Programs as lines of HTML: coloured, and with what differs between two of them marked.

The words are found without parsing, so that a program that is not Python is shown like any other.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from markupsafe import Markup, escape

_WORD = re.compile(
    r"""(?P<comment>\#.*)
      | (?P<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<space>\s+)
      | (?P<other>.)""",
    re.VERBOSE,
)
_LINE = re.compile(r"\(line (\d+)\)\s*$")
_AROUND = 1
"""Lines shown before and after the one in which a program failed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a program."""

    number: int
    html: Markup
    changed: bool = False
    """Whether the other program says something else here."""
    failed: bool = False
    """Whether the error was raised here."""


def lines(code: str, error: str | None = None) -> list[Line]:
    """A program, with the line marked that the error message names."""
    failed = failed_line(error)
    return [
        Line(number, _colour(_words(text)), failed=number == failed)
        for number, text in enumerate(code.splitlines(), start=1)
    ]


def compared(a: str, b: str, error: str | None = None) -> tuple[list[Line], list[Line]]:
    """Two programs, what differs marked; ``error`` is the second one's."""
    left, right = a.splitlines(), b.splitlines()
    failed = failed_line(error)
    marked: tuple[list[Line], list[Line]] = ([], [])
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    for tag, start_a, end_a, start_b, end_b in blocks:
        same = tag == "equal"
        words_a, words_b = _block(left[start_a:end_a]), _block(right[start_b:end_b])
        kept_a, kept_b = _kept(words_a, words_b)
        for at, line in enumerate(words_a):
            html = _colour(line, None if same else kept_a[at])
            marked[0].append(Line(start_a + at + 1, html, not same))
        for at, line in enumerate(words_b):
            number, html = start_b + at + 1, _colour(line, None if same else kept_b[at])
            marked[1].append(Line(number, html, not same, number == failed))
    return marked


def excerpt(code: str, error: str | None) -> list[Line]:
    """The line that the error message names, and its neighbours; none where it names none."""
    failed = failed_line(error)
    if failed is None:
        return []
    return [line for line in lines(code, error) if abs(line.number - failed) <= _AROUND]


def failed_line(error: str | None) -> int | None:
    """The line that a message of the sandbox ends with: ``ValueError: too large (line 7)``."""
    found = _LINE.search(error or "")
    return int(found[1]) if found else None


Word = tuple[str, str]
"""Kind and text."""


def _words(line: str) -> list[Word]:
    return [(str(found.lastgroup), found[0]) for found in _WORD.finditer(line)]


def _block(texts: Sequence[str]) -> list[list[Word]]:
    return [_words(text) for text in texts]


def _kept(a: list[list[Word]], b: list[list[Word]]) -> tuple[list[list[bool]], list[list[bool]]]:
    """For each word of either block of lines, whether the other one has it too, in this order."""
    flat_a, flat_b = ([word for line in block for word in line] for block in (a, b))
    keep_a, keep_b = [False] * len(flat_a), [False] * len(flat_b)
    matcher = SequenceMatcher(None, flat_a, flat_b, autojunk=False)
    for at_a, at_b, size in matcher.get_matching_blocks():
        keep_a[at_a : at_a + size] = keep_b[at_b : at_b + size] = [True] * size
    return _cut(keep_a, a), _cut(keep_b, b)


def _cut(flags: list[bool], block: list[list[Word]]) -> list[list[bool]]:
    rest = iter(flags)
    return [[next(rest) for _ in line] for line in block]


def _colour(words: Sequence[Word], kept: Sequence[bool] | None = None) -> Markup:
    pieces = []
    for at, (kind, text) in enumerate(words):
        style = "keyword" if keyword.iskeyword(text) else kind
        names = [style] if style in ("keyword", "string", "number", "comment") else []
        if kept is not None and not kept[at] and kind != "space":
            names.append("differs")
        shown = escape(text)
        pieces.append(
            Markup('<i class="{}">{}</i>').format(" ".join(names), shown) if names else shown
        )
    return Markup("").join(pieces)
