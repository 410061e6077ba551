"""What predictions are compared with, as people keep it.

======================  ======================================================================
a dataset folder        from ``jobs.prepare``: the programs of a split, executed, and the
                        shapes of its rows without code; captions are left out
``{"id", "code"}``      JSONL, gzipped or not: programs, executed; a row may say its
                        ``language``, ``source`` and ``operations``
``{"question_id",       CAD-Coder's questions, the same
"ground_truth"}``
a folder of shapes      ``ID.step|.stp|.brep|.stl|.obj``, or ``ID/Ground_Truth.stl`` as
                        CADPrompt has them: measured as they are
======================  ======================================================================

A reference that does not build or cannot be read is nobody's score: see ``UNSCORED``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq

from cadvlm.dataset import Dataset
from cadvlm.errors import InputError
from cadvlm.progress import warn
from cadvlm.records import TEXT, CadProgram
from cadvlm.references.files import is_folder, named_files
from cadvlm.references.rows import Format, read_rows
from cadvlm.storage import Folder

Kind = Literal["step", "brep", "stl", "obj"]

KINDS: dict[str, Kind] = {
    ".step": "step",
    ".stp": "step",
    ".brep": "brep",
    ".stl": "stl",
    ".obj": "obj",
}
"""Kinds of shape files by suffix, in the order of preference: a boundary representation before a
mesh."""

_FORMATS = (Format("id", "code"), Format("question_id", "ground_truth"))


@dataclass(frozen=True, slots=True)
class Reference:
    """One part as it should be: a program or a file."""

    id: str
    source: str
    program: CadProgram | None = None
    file: str | None = None
    """URI of a shape file, or of the shard of a dataset with the part's row."""
    image: str | None = None
    """Name of the picture that was asked about, by which CAD-Coder knows a part."""
    content: bytes | None = None
    """Of the shape file; None until it is needed, and for one that cannot be read."""
    kind: Kind = "step"
    """Of the content."""

    def loaded(self) -> Reference:
        """With its file's content, so that whoever has to measure it needs not see our disk."""
        if self.file is None or self.content is not None:
            return self
        try:
            if self.file.endswith(".parquet"):
                content, kind = _shapes(self.file)[self.id]
            else:
                suffix = posixpath.splitext(self.file)[1].lower()
                content, kind = read_file(self.file), KINDS[suffix]
        except (InputError, OSError, KeyError):
            return self
        return replace(self, content=content, kind=kind)


def read_file(path: str) -> bytes:
    """A file's content by its path or URI."""
    head, name = posixpath.split(path)
    return Folder(head or ".").read(name)


def read_references(path: str, split: str, limit: int | None = None) -> list[Reference]:
    """The parts to be scored, in the order of the file, of the dataset's shards, or of their names.

    Raises:
        InputError: there is nothing there that we know, or a row of it is wrong.
    """
    if Folder(path).exists("manifest.json"):
        return read_dataset(Dataset(path), split, limit)
    if is_folder(path):
        return list(islice(_files(path), limit))
    return list(islice(_rows(path), limit))


def read_dataset(dataset: Dataset, split: str, limit: int | None = None) -> list[Reference]:
    """The parts of a dataset's split, without their pictures.

    Raises:
        InputError: there are none, or two with one id.
    """
    references: dict[str, Reference] = {}
    for row in islice(_judged(dataset, split), limit):
        if row["id"] in references:
            raise InputError(f"{dataset.folder.uri}/{split}: the id {row['id']} is there twice")
        program, file = None, None
        if row["code"] is None:
            file = f"{dataset.folder.uri}/{split}/{posixpath.basename(row['__filename'])}"
        else:
            program = CadProgram(row["code"], row["language"], tuple(row["operations"]))
        references[row["id"]] = Reference(row["id"], row["source"], program, file)
    if not references:
        raise InputError(f"{dataset.folder.uri}/{split}: captions, and no part to be compared with")
    if limit is None and (captions := dataset.count(split) - len(references)):
        warn(f"{dataset.folder.uri}/{split}: {captions} captions have no shape and are left out")
    return list(references.values())


def is_judged() -> pads.Expression:
    """Which rows of a dataset can be compared with: all but captions."""
    language = pc.field("language")
    return language.is_null() | (language != TEXT)


def _judged(dataset: Dataset, split: str) -> Iterator[dict[str, Any]]:
    columns = ("id", "source", "code", "language", "operations", "__filename")
    for batch in dataset.batches(split, columns, 4096, is_judged()):
        yield from batch.to_pylist()


@lru_cache(maxsize=1)
def _shapes(shard: str) -> dict[str, tuple[bytes, Kind]]:
    """The shapes in a shard of a dataset, by id. Parts come in the shards' order: one is enough."""
    columns = ["id", "shape", "shape_kind"]
    rows = pq.read_table(pa.BufferReader(read_file(shard)), columns=columns).to_pylist()
    return {row["id"]: (row["shape"], row["shape_kind"]) for row in rows if row["shape"]}


def family(reference: Reference) -> str | None:
    """The synthetic family of a part, which the synthetic source writes into the id."""
    name, dash, number = reference.id.rpartition("-")
    is_synthetic = reference.source.partition("-")[0] == "synthetic"
    return name if dash and is_synthetic and number.isdigit() else None


def _rows(path: str) -> Iterator[Reference]:
    default = posixpath.basename(path).partition(".")[0]
    for row in read_rows(path, _FORMATS):
        image, operations = row.fields.get("image"), tuple(row.fields.get("operations") or ())
        yield Reference(
            row.id,
            str(row.fields.get("source") or default),
            CadProgram(row.text, row.language, operations),
            image=image if isinstance(image, str) else None,
        )


def _files(path: str) -> Iterator[Reference]:
    """Shapes; a part's source is the first folder on the way to it, as CADBench sorts by level."""
    here = posixpath.basename(path.rstrip("/"))
    for id_, name in named_files(path, tuple(KINDS)).items():
        above, _, below = name.partition("/")
        source = above if below and above != id_ else here
        yield Reference(id_, source, file=f"{path.rstrip('/')}/{name}")
