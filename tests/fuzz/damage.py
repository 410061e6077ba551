"""Ways to spoil a file: cut it, change its bytes, encode it wrongly, put nonsense into its tree."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

NONSENSE: list[Any] = [
    None, True, -1, 0, 1e-300, 1e308, -1e308, 10**400, float("nan"), float("inf"), "", "x", "\0",
    "../../etc/passwd", "\ud83d", "a" * 10_000, [], {}, [[[]]], {"x": None}, {"value": "1"},
]  # fmt: skip
"""What somebody may write where a number, a text or a tree is expected."""


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """Versions of a file, few of which are what the reader expects."""
    ways = [cut(content), changed(content), recoded(content), st.binary(max_size=64)]
    try:
        tree = json.loads(content)
    except ValueError:
        return st.one_of(ways)
    return st.one_of(*ways, misled(tree))


def cut(content: bytes) -> st.SearchStrategy[bytes]:
    """The file up to somewhere, or from there on."""
    places = st.integers(0, len(content))
    return st.one_of(places.map(lambda at: content[:at]), places.map(lambda at: content[at:]))


@st.composite
def changed(draw: st.DrawFn, content: bytes) -> bytes:
    """A few bytes replaced, left out, or put in."""
    spoilt = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(spoilt) - 1)))
        spoilt[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(spoilt)


def recoded(content: bytes) -> st.SearchStrategy[bytes]:
    """The text in another encoding than UTF-8."""
    text = content.decode("latin-1")
    marked = text.replace("e", "\N{LATIN SMALL LETTER E WITH ACUTE}")
    return st.sampled_from(
        [text.encode("utf-16"), text.encode("utf-32"), b"\xef\xbb\xbf" + content,
         marked.encode("latin-1"), text.replace("\n", "\r").encode("latin-1"), content + content]
    )  # fmt: skip


@st.composite
def misled(draw: st.DrawFn, tree: Any) -> bytes:
    """The same JSON with nonsense in one place or two, or nested without end."""
    if draw(st.integers(0, 20)) == 0:
        return b"[" * 100_000 + json.dumps(tree).encode() + b"]" * 100_000
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(list(_places(tree)) or [()]))
        tree = _with(tree, place, draw(st.sampled_from(NONSENSE)))
    return json.dumps(tree).encode()


def _places(tree: Any, above: tuple[Any, ...] = ()) -> Any:
    """The way to every node."""
    if not isinstance(tree, dict | list):
        return
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*above, key)
        yield from _places(value, (*above, key))


def _with(tree: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy with another node in one place."""
    if not place:
        return value
    copy = tree.copy()
    copy[place[0]] = _with(tree[place[0]], place[1:], value)
    return copy
