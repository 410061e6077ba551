"""Programs as one would run them oneself: in a pool of processes that have CadQuery loaded.

Each is executed, checked, measured and meshed with CadQuery's own calls, as finely as we mesh.
Nothing is timed out, confined or compared, and what a program changes stays changed.
"""

from __future__ import annotations

from time import process_time
from typing import Any

MESHED = 2.5e-4
"""Deviation, as a share of the diagonal."""


def build(code: str) -> float | None:
    """Processor seconds of a program that leaves its shape in ``solid``; None where it fails."""
    import cadquery as cq

    before, scope = process_time(), dict[str, Any]()
    try:
        exec(code, scope)
        body = scope["solid"].val()
        cq.Shape.computeMass(body)
        body.tessellate(MESHED * body.BoundingBox().DiagonalLength)
        sound = body.isValid()
    except Exception:  # whatever a program raises
        return None
    return process_time() - before if sound else None
