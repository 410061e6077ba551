"""What predictions are compared with, as people keep it.

======================  ======================================================================
a dataset folder        from ``jobs.prepare``: the programs of a split, executed
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
from itertools import islice

from cadvlm.dataset import Dataset
from cadvlm.errors import InputError
from cadvlm.records import CadProgram
from cadvlm.references.files import is_folder, named_files
from cadvlm.references.rows import Format, read_rows
from cadvlm.storage import Folder

SHAPES = (".step", ".stp", ".brep", ".stl", ".obj")
"""What is read, and in which order of preference: a boundary representation before a mesh."""

_FORMATS = (Format("id", "code"), Format("question_id", "ground_truth"))


@dataclass(frozen=True, slots=True)
class Reference:
    """One part as it should be: a program or a file."""

    id: str
    source: str
    program: CadProgram | None = None
    file: str | None = None
    """URI of a shape file."""
    image: str | None = None
    """Name of the picture that was asked about, by which CAD-Coder knows a part."""
    content: bytes | None = None
    """Of the file; None until it is needed, and for one that cannot be read."""

    def loaded(self) -> Reference:
        """With its file's content, so that whoever has to measure it needs not see our disk."""
        if self.file is None or self.content is not None:
            return self
        try:
            return replace(self, content=read_file(self.file))
        except (InputError, OSError):
            return self


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
    """The parts of a dataset's split, without their pictures."""
    columns = ["id", "source", "code", "language", "operations"]
    references: dict[str, Reference] = {}
    for row in dataset.read(split, columns, limit).to_pylist():
        if row["id"] in references:
            raise InputError(f"{dataset.folder.uri}/{split}: the id {row['id']} is there twice")
        program = CadProgram(row["code"], row["language"], tuple(row["operations"]))
        references[row["id"]] = Reference(row["id"], row["source"], program)
    return list(references.values())


def family(reference: Reference) -> str | None:
    """The synthetic family of a part, which the synthetic source writes into the id."""
    name, dash, number = reference.id.rpartition("-")
    return name if dash and reference.source == "synthetic" and number.isdigit() else None


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
    for id_, name in named_files(path, SHAPES).items():
        above, _, below = name.partition("/")
        source = above if below and above != id_ else here
        yield Reference(id_, source, file=f"{path.rstrip('/')}/{name}")
