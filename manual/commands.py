"""What pages tell people to type: commands of ours, and keys of settings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MODULE = re.compile(r"python -m ((?:bench|cadvlm|cluster|jobs|manual)(?:\.\w+)+)")
HOLE = re.compile(r"\.\.\.|…|\b[A-Z]{2,}(?:_[A-Z]+)*\b")
"""What a reader is to fill in: ``DIR``, ``ID``, ``…``."""


_ENDS = ("&", "|", ";", ">", ")")
"""With which a shell begins something else."""


class Command(NamedTuple):
    """A command of ours on a page."""

    line: int
    module: str
    words: list[str]

    @property
    def layers(self) -> list[str]:
        """The words that are settings; options and pipes are not."""
        return [word for word in self.words if not word.startswith("-")]


def commands(text: str) -> Iterator[Command]:
    """Every ``python -m ...`` of a page of Markdown, a YAML header or a docstring."""
    for found in MODULE.finditer(text):
        rest = text[found.end() :].partition("`")[0]
        yield Command(text.count("\n", 0, found.start()) + 1, found[1], _words(rest))


def _words(text: str) -> list[str]:
    """Up to the end of the line that closes all quotes, as a shell would split it."""
    taken = ""
    for line in text.splitlines():
        taken += line.removeprefix("#") if taken else line
        if taken.endswith("\\"):
            taken = taken[:-1]
            continue
        try:
            words = shlex.split(taken, comments=True)
        except ValueError:  # a quotation goes on
            taken += "\n"
            continue
        ends = [place for place, word in enumerate(words) if word.startswith(_ENDS)]
        return words[: min(ends, default=None)]
    return []


def keys(text: str) -> Iterator[str]:
    """Settings that a page names as ``key=value`` or ``branch.key``, in code spans of their own."""
    for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text):
        if found := re.fullmatch(r"([a-z]\w*(?:\.\w+)*)=\S.*|([a-z]\w*(?:\.[a-z]\w*)+)", span):
            yield found[1] or found[2]


class Block(NamedTuple):
    """A fenced block of shell on a page, and what its comment says about running it."""

    line: int
    code: str
    note: str
    """``small WORDS`` to add to its commands; ``check``, ``serve URL``, ``skip WHY``, ``instead
    COMMAND``; empty."""


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of shell, in order, each with the comment that stands right before it."""
    text = page.read_text()
    for found in re.finditer(r"(?:<!-- run: (.*?) -->\n+)?^```sh\n(.*?)^```$", text, re.M | re.S):
        yield Block(text.count("\n", 0, found.start(2)), found[2], (found[1] or "").strip())
