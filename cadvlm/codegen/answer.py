"""A program out of what a language model answered, and an answer out of plan and program."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
_FIRST_IMPORT = re.compile(r"^(?:import [\w.]+|from [\w.]+ import )", re.MULTILINE)
_PLAN = re.compile(r"^[ \t]*(?:<plan>.*?</plan>\s*)+", re.DOTALL | re.MULTILINE)
_UNFINISHED = re.compile(
    r"^[ \t]*<plan>.*?(?=^(?:[ \t]*```|import [\w.]+|from [\w.]+ import )|\Z)",
    re.DOTALL | re.MULTILINE,
)
_END = "</plan>"


def with_plan(plan: str, code: str) -> str:
    """The answer that a model is to give: what it is about to write, and the program."""
    return f"<plan>\n{plan.strip()}\n</plan>\n{code}"


def program_text(answer: str) -> str:
    """The code in an answer: without a plan, without Markdown fences, and without words before it.

    A plan is left out however often there is one; one that never ends reaches to the first import
    or fence, or, when the model ran out of tokens before either, to the end. The longest fenced
    block counts when there are several; a fence that is never closed ends with the answer. Without
    a fence, what stands before the first import is cut off when it is not Python. Code alone comes
    back as it is, but for blank lines around it.
    """
    answer = _without_plan(answer.replace("\r\n", "\n"))
    blocks: list[str] = _FENCE.findall(answer)
    if blocks:
        return _tidy(max(blocks, key=len))
    start = _FIRST_IMPORT.search(answer)
    if start and not _is_python(answer[: start.start()]):
        return _tidy(answer[start.start() :])
    return _tidy(answer)


def _without_plan(answer: str) -> str:
    if "<plan>" not in answer and _END not in answer:
        return answer
    answer = _PLAN.sub("", answer)
    # A plan that was begun by the prompt has only an end.
    before, end, after = answer.rpartition(_END)
    if end and "<plan>" not in before:
        answer = after
    return _UNFINISHED.sub("", answer)


def _is_python(text: str) -> bool:
    try:
        compile(text, "answer", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: too deep
        return False
    return True


def _tidy(code: str) -> str:
    code = code.strip("\n").rstrip()
    return code + "\n" if code else ""
