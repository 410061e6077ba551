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
from cadvlm.storage import Folder

SUFFIXES = (".json", ".jsonl", ".csv", ".parquet")

Span = tuple[int, int]
"""Where a record begins and ends, in bytes."""

_SPACE = re.compile(r"[ \t\r\n]*")
_MARK = b"\xef\xbb\xbf"
"""With which some programs begin a text in UTF-8."""
_LONGEST_HEADER = 1 << 16

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
    folder: Folder, name: str, rows: int, limit: int | None = None
) -> Generator[str, None, int]:
    """Units of at most ``rows`` records, for :func:`read`; ``limit`` in all.

    Returns:
        The number of records.

    Raises:
        InputError: not such a table, cut short, or without records.
    """
    spans = itertools.islice(_spans(folder, name), limit)
    first = 0
    try:
        while group := list(itertools.islice(spans, rows)):
            yield f"{first}:{group[0][0]}:{group[-1][1]}:{name}"
            first += len(group)
    except ValueError as error:
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
        for number, row in enumerate(_rows(folder, name, int(start), int(stop)), start=int(start)):
            yield Record(number, row)
        return
    content = folder.read_range(name, int(start), int(stop))
    found: Iterator[Any]
    if _suffix(name) == ".json":
        found = iter(json.loads(b"[" + content + b"]"))
    elif _suffix(name) == ".jsonl":
        found = (_parsed(line) for line in content.split(b"\n") if line.strip())
    else:
        header = next(_records(folder.read_range(name, 0, _LONGEST_HEADER)))
        text = folder.read_range(name, *header) + b"\n" + content
        found = csv.DictReader(io.StringIO(text.decode(errors="replace"), newline=""))
    for number, fields in enumerate(found, start=int(first)):
        if not isinstance(fields, dict | Unreadable):
            fields = Unreadable("not_a_record", f"a {type(fields).__name__}, not an object")
        yield Record(number, fields)


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


def _spans(folder: Folder, name: str) -> Iterator[Span]:
    if _suffix(name) != ".parquet":
        return _SPANS[_suffix(name)](folder.read(name))
    with folder.filesystem.open_input_file(folder.join(name)) as file:
        count = pq.ParquetFile(file).metadata.num_rows
    return ((row, row + 1) for row in range(count))


def _suffix(name: str) -> str:
    return posixpath.splitext(name)[1].lower()


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        return Unreadable("corrupt_json", str(error))


def _elements(content: bytes) -> Iterator[Span]:
    """Of a JSON array."""
    text = content.decode("latin-1")  # a character for each byte, so that places are the same
    decoder, at = json.JSONDecoder(), _skip(text, _start(content))
    if text[at : at + 1] != "[":
        raise ValueError("expected a JSON array of records")
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        try:
            _, end = decoder.raw_decode(text, at)
        except ValueError:
            raise ValueError(f"not JSON from byte {at} on; is the file cut short?") from None
        yield at, end
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise ValueError(f"not JSON from byte {at} on; is the file cut short?")


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _start(content: bytes) -> int:
    return len(_MARK) if content.startswith(_MARK) else 0


def _lines(content: bytes) -> Iterator[Span]:
    """Those that are not blank."""
    at = _start(content)
    while at < len(content):
        end = content.find(b"\n", at)
        end = end if end >= 0 else len(content)
        if content[at:end].strip():
            yield at, end
        at = end + 1


def _records(content: bytes) -> Iterator[Span]:
    """Of a CSV file, its header first: lines, but a line that ends between quotes goes on."""
    start, quotes = _start(content), 0
    for at, end in _lines(content):
        start = start if quotes % 2 else at
        quotes += content.count(b'"', at, end)
        if quotes % 2 == 0:
            yield start, end
    if quotes % 2:
        raise ValueError("a quotation mark is never closed; is the file cut short?")


_SPANS: dict[str, Callable[[bytes], Iterator[Span]]] = {
    ".json": _elements,
    ".jsonl": _lines,
    ".csv": lambda content: itertools.islice(_records(content), 1, None),
}
