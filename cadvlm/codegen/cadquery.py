"""Construction sequences as CadQuery programs."""

from __future__ import annotations

from typing import Literal

from cadvlm.codegen import idiomatic, verbatim
from cadvlm.records import CadProgram
from cadvlm.sequences.model import ConstructionSequence

Style = Literal["idiomatic", "verbatim"]


def write(sequence: ConstructionSequence, style: Style = "idiomatic") -> CadProgram:
    """Write the CadQuery that builds ``sequence``, lengths in millimetres.

    ``verbatim`` is GenCAD-Code's style, operation by operation, result in ``solid``; ``idiomatic``
    is what a person would write, result in ``result``. Both build the same solid.
    """
    return {"idiomatic": idiomatic.write, "verbatim": verbatim.write}[style](sequence)
