"""How long a program is, independent of any model's tokenizer."""

from __future__ import annotations

import io
import tokenize

_LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER, tokenize.ENCODING,
}  # fmt: skip


def count_tokens(code: str) -> int:
    """Python's lexical tokens without comments and layout; words when it is not Python.

    The compactness measure of CADBench, made independent of white space.
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return len(code.split())
    return sum(token.type not in _LAYOUT for token in tokens)
