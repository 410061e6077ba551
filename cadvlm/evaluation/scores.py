"""A case, and the row of ``scores.parquet`` that comes of it: exactly one for every reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from cadvlm.evaluation.references import family
from cadvlm.records import CadProgram, Part, Prediction
from cadvlm.scoring import METRICS

UNSCORED = "unscored"
"""Status of a part that could not be judged: our defect, counted, never charged to the model."""

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
        "control_status": pa.string(),
        **{f"control_{name}": pa.float64() for name in METRICS},
        "language": pa.string(),
        "text": pa.string(),
        "code": pa.string(),
        "reference": pa.string(),
    }
)
"""``n_operations`` and ``n_faces`` are the reference's, ``text`` is the raw answer, ``code`` the
program in it, ``reference`` the reference's program; ``control_*`` judge the answer to a blank
picture."""


@dataclass(frozen=True, slots=True)
class Case:
    """One part to be judged."""

    reference: Part
    prediction: Prediction | None
    """None: the model said nothing about this part."""
    control: CadProgram | None = None
    """What the model said to a blank picture."""


def describe(case: Case) -> dict[str, Any]:
    """What is known of a case before anything runs."""
    part, prediction = case.reference, case.prediction
    return {
        "id": part.id,
        "source": part.source,
        "family": family(part),
        "n_operations": len(part.program.operations) or None,
        "reference": part.program.code,
        "language": prediction and prediction.language,
        "text": prediction and prediction.text,
        "code": prediction and prediction.code,
    }


def unscored(because: str) -> dict[str, Any]:
    """How a part that could not be judged is marked."""
    return {"status": UNSCORED, "error": because}


def control_of(row: dict[str, Any]) -> dict[str, Any]:
    """The same row as if the blank picture's answer had been the prediction."""
    judged = {key: value for key, value in row.items() if f"control_{key}" not in row}
    return judged | {
        key.removeprefix("control_"): value
        for key, value in row.items()
        if key.startswith("control_")
    }
