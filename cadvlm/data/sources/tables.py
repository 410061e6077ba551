"""Tables: many records in one large file, as JSON, JSON lines, CSV or Parquet.

A shard reads a range of bytes, so that nobody parses what another shard reads. Before that the
file is passed over once, to find where its records end. Of Parquet, it reads a range of rows.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import posixpath
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from cadvlm.config.data import SourceConfig
from cadvlm.data.sources.files import find
from cadvlm.errors import InputError
from cadvlm.sequences.errors import Unreadable
from cadvlm.storage import Folder, json_of

SUFFIXES = (".json", ".jsonl", ".csv", ".parquet")

Span = tuple[int, int]
"""Where a record begins and ends, in bytes."""

BLOCK = 1 << 24
"""Bytes that are looked through at a time."""
_HEADER = 1 << 16

_SPACE = re.compile(r"\s*", re.ASCII)
_OPEN = re.compile(r"(?:\xef\xbb\xbf)?\s*\[\s*", re.ASCII)  # some programs mark a text as UTF-8
_COMMA = re.compile(r"\s*,\s*", re.ASCII)
_CLOSE = re.compile(r"\s*\]\s*", re.ASCII)

csv.field_size_limit(1 << 26)  # 128 KiB, the default, is less than some programs take


class Record(NamedTuple):
    """One record."""

    number: int
    """In its file, counted from zero."""
    fields: dict[str, Any] | Unreadable
    """What it says by key; the reason when it cannot be read."""


def found(source: SourceConfig, *suffixes: str) -> tuple[Folder, list[str]]:
    """The source's tables: the file that its path names, or those in its folder, at any depth.

    Raises:
        InputError: there is none.
    """
    assert source.path is not None
    if not is_table(source.path):
        return Folder(source.path), find(source.model_copy(update={"limit": None}), *suffixes)
    head, name = posixpath.split(source.path)
    folder = Folder(head or ".")
    if not folder.exists(name):
        raise InputError(f"{source.name}: {source.path}: no such file")
    return folder, [name]


def is_table(path: str) -> bool:
    """Whether a path names such a file."""
    return path.lower().endswith(SUFFIXES)


def shards_of_all(
    folder: Folder, names: Iterable[str], rows: int, limit: int | None = None
) -> Iterator[str]:
    """Units of one table after the other; see :func:`shards`."""
    for name in names:
        if limit == 0:
            return
        count = yield from shards(folder, name, rows, limit)
        limit = None if limit is None else limit - count


def shards(
    folder: Folder, name: str, rows: int, limit: int | None = None, block: int = BLOCK
) -> Generator[str, None, int]:
    """Units of at most ``rows`` records, for :func:`read`; ``limit`` in all.

    Returns:
        The number of records.

    Raises:
        InputError: not such a table, cut short, or without records.
    """
    first = 0
    try:
        spans = itertools.islice(_spans(folder, name, block), limit)
        while group := list(itertools.islice(spans, rows)):
            yield f"{first}:{group[0][0]}:{group[-1][1]}:{name}"
            first += len(group)
    except (ValueError, OSError) as error:  # Arrow raises both of a file that is no Parquet
        raise InputError(f"{folder.uri}/{name}: {error}") from None
    if not first:
        raise InputError(f"{folder.uri}/{name}: holds no records")
    return first


def name_of(shard: str) -> str:
    """The table that a unit is of."""
    return shard.split(":", 3)[3]


def read(folder: Folder, shard: str) -> Iterator[Record]:
    """The records of a unit, in the file's order."""
    first, start, stop, name = shard.split(":", 3)
    if _suffix(name) == ".parquet":
        yield from _of_parquet(folder, name, int(start), int(stop))
        return
    content = folder.read_range(name, int(start), int(stop))
    found: Iterator[Any]
    if _suffix(name) == ".json":
        found = iter(json_of(b"[" + content + b"]"))
    elif _suffix(name) == ".jsonl":
        found = (_parsed(line) for line in content.split(b"\n") if line.strip())
    else:
        header = next(_records(folder.blocks(name, _HEADER)))
        text = folder.read_range(name, *header) + b"\n" + content
        lines = io.StringIO(text.decode("utf-8-sig", "replace"), newline="")
        found = csv.DictReader(lines, restkey="")  # None, the default, is no name of a column
    for number, fields in enumerate(found, start=int(first)):
        if not isinstance(fields, dict | Unreadable):
            fields = Unreadable("not_a_record", f"a {type(fields).__name__}, not an object")
        yield Record(number, fields)


def _of_parquet(folder: Folder, name: str, start: int, stop: int) -> Iterator[Record]:
    number = start
    try:
        for row in _rows(folder, name, start, stop):
            yield Record(number, row)
            number += 1
    except (ValueError, OSError) as error:  # some of its pages are damaged
        for lost in range(number, stop):
            yield Record(lost, Unreadable("corrupt_parquet", str(error)))


def _rows(folder: Folder, name: str, start: int, stop: int) -> Iterator[dict[str, Any]]:
    """Of a Parquet file; of its groups of rows only those are read that hold some of them."""
    with folder.filesystem.open_input_file(folder.join(name)) as file:
        table, begin = pq.ParquetFile(file), 0
        for group in range(table.num_row_groups):
            end = begin + table.metadata.row_group(group).num_rows
            first, last = max(start, begin), min(stop, end)
            if first < last:
                rows = table.read_row_group(group).slice(first - begin, last - first)
                for batch in rows.to_batches(max_chunksize=64):
                    yield from batch.to_pylist()
            begin = end


def _spans(folder: Folder, name: str, block: int) -> Iterator[Span]:
    if _suffix(name) != ".parquet":
        return _SPANS[_suffix(name)](folder.blocks(name, block))
    with folder.filesystem.open_input_file(folder.join(name)) as file:
        count = pq.ParquetFile(file).metadata.num_rows
    return ((row, row + 1) for row in range(count))


def _suffix(name: str) -> str:
    return posixpath.splitext(name)[1].lower()


def _parsed(line: bytes) -> Any:
    try:
        return json_of(line)
    except ValueError as error:
        return Unreadable("corrupt_json", str(error))


def _elements(blocks: Iterable[bytes]) -> Iterator[Span]:
    """Of a JSON array. A character stands for each byte, so that places are the same."""
    decode, lead = json.JSONDecoder().raw_decode, _OPEN
    text, before, at = "", 0, 0
    for block in blocks:
        text, before, at = text[at:] + block.decode("latin-1"), before + at, 0
        while begin := lead.match(text, at):
            try:
                _, end = decode(text, begin.end())
            except ValueError:  # not all of it is there
                break
            except RecursionError:
                raise ValueError(f"nested too deeply, from byte {before + at} on") from None
            yield before + begin.end(), before + end
            lead, at = _COMMA, end
    begin = lead.match(text, at)
    if lead is _OPEN and not begin:
        raise ValueError("expected a JSON array of records")
    at = begin.end() if begin else at
    if not _CLOSE.fullmatch(text, at):
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        raise ValueError(f"not JSON from byte {before + at} on; is the file cut short?")


def _lines(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Those that are not blank, and where they begin."""
    at, rest = 0, b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            if line.strip():
                yield at, line
            at += len(line) + 1
    if rest.strip():
        yield at, rest


def _records(blocks: Iterable[bytes]) -> Iterator[Span]:
    """Of a CSV file, its header first: lines, but a line that ends between quotes goes on."""
    start, quotes = 0, 0
    for at, line in _lines(blocks):
        start = start if quotes % 2 else at
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            yield start, at + len(line)
    if quotes % 2:
        raise ValueError("a quotation mark is never closed; is the file cut short?")


_SPANS: dict[str, Callable[[Iterable[bytes]], Iterator[Span]]] = {
    ".json": _elements,
    ".jsonl": lambda blocks: ((at, at + len(line)) for at, line in _lines(blocks)),
    ".csv": lambda blocks: itertools.islice(_records(blocks), 1, None),
}
