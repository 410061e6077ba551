"""What is scored against what: references and predictions, as people keep them.

=============  ==================================================================
predictions    JSONL of ``{"id", "code"}``, CADBench's ``{"file_id", "generated"}``
               or CAD-Coder's ``{"question_id", "text"}``
references     a dataset folder, or JSONL of ``{"id", "code"}`` or CAD-Coder's
               ``{"question_id", "ground_truth"}``
=============  ==================================================================

A row may carry ``language`` (default ``cadquery``); a reference also ``source`` and ``operations``.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pyarrow.fs import FileType

from cadvlm.codegen.answer import program_text
from cadvlm.dataset import Dataset
from cadvlm.errors import InputError
from cadvlm.records import CadProgram, Part, Prediction
from cadvlm.storage import Folder

LANGUAGES = ("cadquery",)
"""What the sandbox executes."""

_PREDICTED = (("id", "code"), ("file_id", "generated"), ("question_id", "text"))
_REFERENCED = (("id", "code"), ("question_id", "ground_truth"))


def read_predictions(path: str) -> dict[str, Prediction]:
    """Predictions by id; fences and chatter around the code are cut off, the raw text is kept.

    Raises:
        InputError: a line is not such a row, or says an id again; the message names the line.
    """
    predictions = {}
    for id_, text, row in _rows(path, _PREDICTED):
        predictions[id_] = Prediction(id_, program_text(text), row["language"], text)
    return predictions


def read_references(path: str, split: str, limit: int | None = None) -> list[Part]:
    """The parts to be scored, in the order of the file or of the dataset's shards.

    Raises:
        InputError: there is neither a dataset nor a file of references, or a row of it is wrong.
    """
    if Folder(path).exists("manifest.json"):
        return read_dataset(Dataset(path), split, limit)
    default = posixpath.splitext(posixpath.basename(path))[0]
    parts = [
        Part(
            id_,
            str(row.get("source") or default),
            CadProgram(code, row["language"], tuple(row.get("operations") or ())),
        )
        for id_, code, row in islice(_rows(path, _REFERENCED), limit)
    ]
    return parts


def read_dataset(dataset: Dataset, split: str, limit: int | None = None) -> list[Part]:
    """The parts of a dataset's split, without their pictures."""
    columns = ["id", "source", "code", "language", "operations"]
    rows = dataset.read(split, columns, limit).to_pylist()
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            raise InputError(f"{dataset.folder.uri}/{split}: the id {row['id']} is there twice")
        seen.add(row["id"])
    return [
        Part(
            row["id"],
            row["source"],
            CadProgram(row["code"], row["language"], tuple(row["operations"])),
        )
        for row in rows
    ]


def family(part: Part) -> str | None:
    """The synthetic family of a part, which the synthetic source writes into the id."""
    name, dash, number = part.id.rpartition("-")
    return name if dash and part.source == "synthetic" and number.isdigit() else None


def _rows(
    path: str, formats: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """``(id, code, row)`` of every line that is not blank."""
    seen: dict[str, int] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        id_, code, row = _parse(line, formats, where)
        if id_ in seen:
            raise InputError(f"{where}: the id {id_} was already on line {seen[id_]}")
        seen[id_] = number
        yield id_, code, row
    if not seen:
        raise InputError(f"{path}: no rows (expected JSONL, one object a line)")


def _parse(
    line: bytes, formats: Sequence[tuple[str, str]], where: str
) -> tuple[str, str, dict[str, Any]]:
    expected = " or ".join(f'{{"{id_}", "{code}"}}' for id_, code in formats)
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where}: not JSON: {error}; expected {expected}") from None
    if not isinstance(row, dict):
        raise InputError(f"{where}: found a {type(row).__name__}, expected {expected}")
    for id_key, code_key in formats:
        if id_key in row and code_key in row:
            break
    else:
        raise InputError(f"{where}: found the keys {sorted(row)}, expected {expected}")
    id_, code, language = row[id_key], row[code_key], row.get("language") or "cadquery"
    if not isinstance(id_, str | int) or isinstance(id_, bool):
        raise InputError(f"{where}: {id_key} is {id_!r}, expected a string or a whole number")
    if not isinstance(code, str):
        raise InputError(f"{where}: {code_key} is a {type(code).__name__}, expected a string")
    if language not in LANGUAGES:
        raise InputError(f"{where}: language is {language!r}, expected {' or '.join(LANGUAGES)}")
    return str(id_), code, {**row, "language": language}


def _lines(path: str) -> list[bytes]:
    head, name = posixpath.split(path)
    if is_folder(path):
        raise InputError(
            f"{path}: a folder without manifest.json; expected a dataset or a JSONL file"
        )
    return Folder(head or ".").read(name).splitlines()


def is_folder(uri: str) -> bool:
    """Whether there is a folder at a path or URI."""
    place = Folder(uri)
    return bool(place.filesystem.get_file_info(place.path).type == FileType.Directory)
