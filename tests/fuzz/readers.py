"""Every reader of files of strangers, behind one kind of door, and a good file for each.

A door takes the bytes of a file and goes as far with them as preparation or evaluation does, to
programs and to rows of Parquet. It may raise nothing but :class:`InputError`.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from cadvlm.codegen import write
from cadvlm.codegen.answer import program_text
from cadvlm.data.sources import reader
from cadvlm.data.sources.photos import Photos, rendering
from cadvlm.dataset import QUARANTINE_SCHEMA
from cadvlm.errors import InputError
from cadvlm.evaluation.predictions import read_predictions
from cadvlm.geometry import meshfile
from cadvlm.records import Part, Refusal
from cadvlm.sequences import cadvec, deepcad, fusion360, openecad, text2cad
from cadvlm.sequences.model import ConstructionSequence
from tests.data.sources.reading import settings
from tests.sequences import onshape
from tests.sequences.test_cadvec import LOOP, SQUARE, extrude
from tests.sequences.test_fusion360 import document as fusion
from tests.sequences.test_openecad import SQUARE as PROGRAM
from tests.sequences.test_text2cad import HOLE, part
from tests.sequences.test_text2cad import SQUARE as OUTLINE
from tests.sequences.test_text2cad import document as told

Door = Callable[[bytes], None]


def _written(sequence: ConstructionSequence) -> None:
    """A sequence that was accepted can be written in every language."""
    assert ConstructionSequence.from_json(sequence.to_json()) == sequence
    for style in ("idiomatic", "verbatim", "gencad"):
        write(sequence, style).code.encode()
    for language in ("openecad", "openscad"):
        with suppress(InputError):  # what a language has no word for
            write(sequence, "verbatim", language).code.encode()


def _source(name: str, suffix: str, **options: Any) -> Door:
    """A source of one file, read as preparation does it."""

    def door(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"table{suffix}")
            path.write_bytes(content)
            config = settings(name, path if suffix in _TABLES else folder, options)
            [source] = config.sources
            units = list(reader(name).shards(source, config.shard_rows))
            _kept(chain.from_iterable(reader(name).read(source, unit, config) for unit in units))

    return door


_TABLES = (".json", ".jsonl", ".csv", ".parquet")


def _kept(rows: Iterable[Part | Refusal]) -> None:
    """Rows that can be written down."""
    for row in rows:
        if isinstance(row, Refusal):
            pa.Table.from_pylist([row.to_row()], schema=QUARANTINE_SCHEMA)
            continue
        for text in (row.id, row.prompt, row.sequence, row.program and row.program.code):
            assert text is None or text.encode() is not None


def _predictions(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "predictions.jsonl")
        path.write_bytes(content)
        for prediction in read_predictions(str(path)).values():
            prediction.text.encode()


def _zip(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "images.zip")
        path.write_bytes(content)
        Photos(str(path)).read("part.png")


def _text(content: bytes) -> str:
    return content.decode(errors="replace")


READERS: dict[str, Door] = {
    "deepcad": lambda content: _written(deepcad.read(_text(content))),
    "cadvec": lambda content: _written(cadvec.read(content)),
    "fusion360": lambda content: _written(fusion360.read(_text(content))),
    "text2cad": lambda content: _written(text2cad.read(_text(content))),
    "openecad": lambda content: _written(openecad.read(program_text(_text(content)))),
    "stl": lambda content: assert_measured(meshfile.read(content, "stl")),
    "obj": lambda content: assert_measured(meshfile.read(content, "obj")),
    "picture": lambda content: assert_drawn(content),
    "zip": _zip,
    "json table": _source("gencad", ".json", pictures="drawn"),
    "jsonl table": _source("gencad", ".jsonl", pictures="drawn"),
    "csv table": _source("scripts", ".csv"),
    "parquet table": _source("gencad", ".parquet", pictures="drawn"),
    "script": _source("scripts", ".py"),
    "predictions": _predictions,
}


def assert_measured(solid: Any) -> None:
    assert 0 < solid.volume < np.inf
    assert np.isfinite([*solid.bbox, *solid.center, *solid.inertia.ravel()]).all()


def assert_drawn(content: bytes) -> None:
    assert rendering("part", content, 64, view="iso", style="shipped").png


# --- a good file for each ----------------------------------------------------------------

_ANSWER = "import cadquery as cq\nresult = cq.Workplane().box(1, 2, 3)\n"
_ROW = {"deepcad_id": "00000007", "image": "part.png", "prompt": "Draw it.", "cadquery": _ANSWER}


def seeds() -> dict[str, bytes]:
    """Files that each door takes."""
    plate = onshape.sketch([onshape.square(0.02), [onshape.circle(0.01, 0.01, 0.004)]])
    half = [onshape.arc((0.0, 0.0), 0.01, 0, 180), onshape.line((-0.01, 0), (0.01, 0))]
    rows = [_ROW, _ROW | {"deepcad_id": "00000008"}]
    return {
        "deepcad": onshape.document(
            s=plate,
            t=onshape.sketch([half]),
            e=onshape.extrude({"s": ["P0"]}, 0.01),
            f=onshape.extrude({"t": ["P0"]}, 0.005, operation="Join"),
        ).encode(),
        "cadvec": _hdf5(np.array([LOOP, *SQUARE, extrude(), [3] + [-1] * 16])),
        "fusion360": fusion().encode(),
        "text2cad": told(part({"loop_1": OUTLINE, "loop_2": HOLE})).encode(),
        "openecad": PROGRAM.encode(),
        "stl": _mesh("stl"),
        "obj": _mesh("obj"),
        "picture": _png(),
        "zip": _zipped(),
        "json table": json.dumps(rows).encode(),
        "jsonl table": "\n".join(map(json.dumps, rows)).encode(),
        "csv table": b'id,prompt,code\n1,"A ""box"".","' + _ANSWER.encode() + b'"\n2,none,x\n',
        "parquet table": _parquet(rows),
        "script": _ANSWER.encode(),
        "predictions": b'{"id": "a", "code": "```python\\nx\\n```"}\n{"id": "b", "code": ""}\n',
    }


def _hdf5(vec: Any) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["vec"] = vec
    return content.getvalue()


def _mesh(kind: str) -> bytes:
    import trimesh

    exported = trimesh.creation.box((1, 2, 3)).export(file_type=kind)
    return exported if isinstance(exported, bytes) else exported.encode()


def _png() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "grey").save(content, "PNG")
    return content.getvalue()


def _zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("part.png", _png())
    return content.getvalue()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), content)
    return content.getvalue()
