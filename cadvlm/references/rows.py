"""JSONL as people keep their programs in: one object a line, gzipped or not, under several keys."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cadvlm.errors import InputError
from cadvlm.storage import Folder, json_of

LANGUAGES = ("cadquery", "openecad")
"""What the sandbox executes."""


class Format(NamedTuple):
    """The keys under which a kind of file keeps its ids and its programs."""

    id: str
    text: str


class Row(NamedTuple):
    """One line."""

    id: str
    text: str
    """The program, perhaps with fences and chatter around it."""
    language: str
    fields: Mapping[str, Any]
    """The whole line."""


def read_rows(path: str, formats: Sequence[Format]) -> Iterator[Row]:
    """Every line that is not blank, in the first of the formats that it has the keys of.

    Raises:
        InputError: a line is no such row, or says an id again; the message names the line.
    """
    expected = " or ".join(f'{{"{id_}", "{text}"}}' for id_, text in formats)
    seen: dict[str, int] = {}
    for where, number, fields in read_objects(path, expected):
        row = _row(fields, formats, expected, where)
        if row.id in seen:
            raise InputError(f"{where}: the id {row.id} was already on line {seen[row.id]}")
        seen[row.id] = number
        yield row


def read_objects(path: str, expected: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """``(where, line number, object)`` of every line that is not blank.

    Raises:
        InputError: there is no such file, a line is no object, or there is none at all.
    """
    empty = True
    for number, line in enumerate(_content(path).splitlines(), start=1):
        if not line.strip():
            continue
        where, empty = f"{path}, line {number}", False
        try:
            fields = json_of(line)
        except ValueError as error:
            raise InputError(f"{where}: not JSON: {error}; expected {expected}") from None
        if not isinstance(fields, dict):
            raise InputError(f"{where}: found a {type(fields).__name__}, expected {expected}")
        yield where, number, fields
    if empty:
        raise InputError(f"{path}: no rows (expected JSONL, one object a line)")


def id_of(value: object, key: str, where: str) -> str:
    """An id as a string; numbers are how CAD-Coder counts its questions."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InputError(f"{where}: {key} is {value!r}, expected a string or a whole number")
    return str(value)


def _row(fields: dict[str, Any], formats: Sequence[Format], expected: str, where: str) -> Row:
    for form in formats:
        if form.id in fields and form.text in fields:
            break
    else:
        raise InputError(f"{where}: found the keys {sorted(fields)}, expected {expected}")
    text, language = fields[form.text], fields.get("language") or LANGUAGES[0]
    if not isinstance(text, str):
        raise InputError(f"{where}: {form.text} is a {type(text).__name__}, expected a string")
    if language not in LANGUAGES:
        raise InputError(f"{where}: language is {language!r}, expected {' or '.join(LANGUAGES)}")
    return Row(id_of(fields[form.id], form.id, where), text, language, fields)


def _content(path: str) -> bytes:
    head, name = posixpath.split(path)
    try:
        return Folder(head or ".").read(name)  # which unpacks what is called .gz
    except OSError as error:
        raise InputError(f"{path}: {error}") from None
