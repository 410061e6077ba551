"""Records are values: they compare, hash and turn into rows."""

from dataclasses import FrozenInstanceError

import pyarrow as pa
import pytest

from cadvlm.dataset import QUARANTINE_SCHEMA, SAMPLE_SCHEMA
from cadvlm.records import PROMPT, CadProgram, Refusal, Rendering, Sample


def sample() -> Sample:
    return Sample(
        id="a", source="synthetic", split="train", language="cadquery", code="result = 1",
        operations=("box", "hole"), n_tokens=3,
        images=(Rendering("iso", "shaded", 8, 8, b"png"),), prompt=PROMPT, sequence=None,
        n_faces=6, volume=1.0, bbox=(0.0, 0.0, 0.0, 1.0, 1.0, 1.0),
    )  # fmt: skip


def test_digest_tells_programs_apart_by_code_and_language():
    program = CadProgram("result = box", operations=("box",))
    assert program.digest == CadProgram("result = box").digest
    assert program.digest != CadProgram("result = box ").digest
    assert program.digest != CadProgram("result = box", language="openscad").digest


def test_record_does_not_change():
    with pytest.raises(FrozenInstanceError):
        sample().code = "other"  # type: ignore[misc]


def test_sample_row_has_the_columns_of_the_schema_and_survives_it():
    row = sample().to_row()
    assert list(row) == SAMPLE_SCHEMA.names
    [back] = pa.Table.from_pylist([row], schema=SAMPLE_SCHEMA).to_pylist()
    assert back["images"] == [
        {"view": "iso", "style": "shaded", "width": 8, "height": 8, "png": b"png"}
    ]
    assert back["operations"] == ["box", "hole"]
    assert back["sequence"] is None


def test_refusal_row_has_the_columns_of_the_schema():
    assert list(Refusal("a", "deepcad", "read", "corrupt_json").to_row()) == QUARANTINE_SCHEMA.names
