"""A case, and the row of ``scores.parquet`` that comes of it: exactly one for every reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from cadvlm.records import CadProgram, Prediction
from cadvlm.references.reference import Reference, family
from cadvlm.scoring import METRICS

UNSCORED = "unscored"
"""Status of a part that could not be judged: our defect, counted, never charged to the model."""

_COUNTED = ("tokens", "operations", "n_edits", "n_left_out")

_OF_PROGRAM = (*_COUNTED, "edit_survival", "operation_recall", "parameter_error")

SCORE_SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "source": pa.string(),
        "family": pa.string(),
        "n_operations": pa.int32(),
        "n_faces": pa.int32(),
        "status": pa.string(),
        "error": pa.string(),
        "seconds": pa.float64(),
        "result_name": pa.string(),
        **dict.fromkeys(METRICS, pa.float64()),
        **{name: pa.int32() if name in _COUNTED else pa.float64() for name in _OF_PROGRAM},
        "control_status": pa.string(),
        **{f"control_{name}": pa.float64() for name in METRICS},
        "language": pa.string(),
        "text": pa.string(),
        "code": pa.string(),
        "reference": pa.string(),
        "reference_language": pa.string(),
        "reference_file": pa.string(),
    }
)
"""``n_operations`` and ``n_faces`` are the reference's, ``text`` is the raw answer, ``code`` the
program in it, ``reference`` the reference's program or ``reference_file`` its file. ``n_edits``
programs are behind ``edit_survival``, and ``n_left_out`` solids of the prediction were not sound.
``control_*`` judge the answer to a blank picture."""


@dataclass(frozen=True, slots=True)
class Case:
    """One part to be judged."""

    reference: Reference
    prediction: Prediction | None
    """None: the model said nothing about this part."""
    control: CadProgram | None = None
    """What the model said to a blank picture."""

    def loaded(self) -> Case:
        """With all that judging it takes."""
        return replace(self, reference=self.reference.loaded())


def describe(case: Case) -> dict[str, Any]:
    """What is known of a case before anything runs."""
    reference, prediction = case.reference, case.prediction
    program = reference.program
    return {
        "id": reference.id,
        "source": reference.source,
        "family": family(reference),
        "n_operations": len(program.operations) or None if program else None,
        "reference": program and program.code,
        "reference_language": program and program.language,
        "reference_file": reference.file,
        "language": prediction and prediction.language,
        "text": prediction and prediction.text,
        "code": prediction and prediction.code,
    }


def unscored(because: str) -> dict[str, Any]:
    """How a part that could not be judged is marked."""
    return {"status": UNSCORED, "error": because}


def control_of(row: dict[str, Any]) -> dict[str, Any]:
    """The same row as if the blank picture's answer had been the prediction.

    Its program, being the same for all parts, is not measured.
    """
    judged = {
        key: value
        for key, value in row.items()
        if f"control_{key}" not in row and key not in _OF_PROGRAM
    }
    return judged | {
        key.removeprefix("control_"): value
        for key, value in row.items()
        if key.startswith("control_")
    }
