"""CAD-Coder's evaluation procedure, re-created from its public description, to be measured against.

Doris et al. 2025, and the scripts published with it: each program is written to a file and started
in a new Python to see whether it ends well, then started again with lines that export its
``solid`` as STL and STEP; then the STEP files of prediction and reference are read, brought to
their centres of mass and to one size, and compared by ``fuse`` and ``intersect`` in the four poses
in which their principal axes coincide. The best of the four is the paper's IoUbest.

Kept as published: nothing is timed out, confined or checked. Known faults are in docs/metrics.md.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXPORT = """
import cadquery as cq
cq.exporters.export(solid, {stl!r})
cq.exporters.export(solid, {step!r})
"""


def execute(code: str, folder: Path) -> Path | None:
    """Start a program twice, each time in a new Python.

    Args:
        code: leaves its shape in ``solid``.
        folder: where the program, the STL and the STEP go.

    Returns:
        The STEP file, or None when the program failed.
    """
    program, stl, step = (folder / f"peer.{suffix}" for suffix in ("py", "stl", "step"))
    for text in (code, code + EXPORT.format(stl=str(stl), step=str(step))):
        program.write_text(text)
        ended = subprocess.run([sys.executable, str(program)], capture_output=True, check=False)
        if ended.returncode:
            return None
    return step


def iou_best(prediction: Path, reference: Path) -> float:
    """Best IoU over the four principal poses, by kernel booleans; 0 where all of them fail."""
    import cadquery as cq
    import numpy as np

    shapes, axes = [], []
    for file in (prediction, reference):
        whole = cq.importers.importStep(str(file))
        body = whole.val()
        moments, vectors = np.linalg.eigh(np.array(cq.Shape.matrixOfInertia(body)))
        size = np.sqrt(np.abs(moments).sum() / cq.Shape.computeMass(body))
        shapes.append(whole.translate(-cq.Shape.centerOfMass(body)).val().scale(1 / size))
        axes.append(vectors)
    best = 0.0
    for signs in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)):
        pose = np.eye(4)
        pose[:3, :3] = axes[1] @ (np.array(signs) * axes[0]).T
        turned = shapes[0].transformGeometry(cq.Matrix(pose.tolist()))
        try:
            shared = turned.intersect(shapes[1]).Volume()
            best = max(best, shared / turned.fuse(shapes[1]).Volume())
        except Exception:  # as published: whatever the kernel raises counts as no overlap
            continue
    return best


if __name__ == "__main__":  # python -m bench.cad_coder PREDICTION.step REFERENCE.step
    print(iou_best(Path(sys.argv[1]), Path(sys.argv[2])))
