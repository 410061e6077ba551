"""Docstrings as Markdown."""

import inspect
import re


def markdown(text: str) -> str:
    """The first paragraph of a docstring, in one line.

    Code is in double backticks or a role of Sphinx; nothing else of it is meant as markup.
    """
    first = " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())
    parts = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", first).replace("``", "`").split("`")
    parts[::2] = [re.sub(r"([*_<>\[\]])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)
