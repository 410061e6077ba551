"""A program out of what a language model answered."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
_FIRST_IMPORT = re.compile(r"^(?:import [\w.]+|from [\w.]+ import )", re.MULTILINE)


def program_text(answer: str) -> str:
    """The code in an answer: without Markdown fences, and without words before it.

    The longest fenced block counts when there are several; a fence that is never closed ends with
    the answer, whose model ran out of tokens. Without a fence, what stands before the first import
    is cut off when it is not Python. Code alone comes back as it is, but for blank lines around it.
    """
    answer = answer.replace("\r\n", "\n")
    blocks: list[str] = _FENCE.findall(answer)
    if blocks:
        return _tidy(max(blocks, key=len))
    start = _FIRST_IMPORT.search(answer)
    if start and not _is_python(answer[: start.start()]):
        return _tidy(answer[start.start() :])
    return _tidy(answer)


def _is_python(text: str) -> bool:
    try:
        compile(text, "answer", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _tidy(code: str) -> str:
    code = code.strip("\n").rstrip()
    return code + "\n" if code else ""
