"""CadQuery to the letter of GenCAD-Code's ground truth (Doris et al., CAD-Coder, 2025).

That was written from DeepCAD's vectors: a part that reaches to 0.75 from the origin, a sketch for
each profile with its origin where the outline begins, loops from their left-most point
counter-clockwise, numbers as Python prints them. Two things are not as they are there: axes have
zeros and not the 6e-17 of a sine, and an inner loop that begins with an arc starts where it does
and not in the origin. Theirs are on a grid of 256 steps besides, which is a matter of
:func:`cadvlm.sequences.grid.quantized`.
"""

from __future__ import annotations

from cadvlm.codegen.verbatim import Figures, spelled
from cadvlm.records import CadProgram
from cadvlm.sequences.grid import begun, normalised, single
from cadvlm.sequences.model import ConstructionSequence


def write(sequence: ConstructionSequence) -> CadProgram:
    """Write ``sequence``, scaled as DeepCAD's parts are."""
    operations = single(normalised(sequence))
    begins = (begun(op) if len(op.profiles) == 1 else op for op in operations)
    return spelled(ConstructionSequence(tuple(begins)), Figures(_figure, _figure))


def _figure(value: float) -> str:
    return repr(float(value) + 0.0)  # -0.0 becomes 0.0
