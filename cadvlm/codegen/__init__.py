"""Construction sequences as programs: one door, whatever the language and the hand."""

from __future__ import annotations

from typing import Literal

from cadvlm.codegen import gencad, idiomatic, openecad, openscad, verbatim
from cadvlm.errors import InputError
from cadvlm.records import CadProgram
from cadvlm.sequences.model import ConstructionSequence
from cadvlm.sequences.regions import outlined

Style = Literal["idiomatic", "verbatim", "gencad"]
Language = Literal["cadquery", "openecad", "openscad"]


def write(
    sequence: ConstructionSequence, style: Style = "idiomatic", language: Language = "cadquery"
) -> CadProgram:
    """Write the program that builds ``sequence``.

    Args:
        sequence: in millimetres.
        style: ``idiomatic``, as a person would write, result in ``result``; ``verbatim``, operation
            by operation with the sequence's own points, result in ``solid``; ``gencad``, to the
            letter as the ground truth of GenCAD-Code, scaled as all of DeepCAD is. The first two
            are in millimetres.
        language: of the program. OpenECAD is in its second dialect.

    Raises:
        InputError: GenCAD's style in another language than its own, or what a language has no word
            for.
    """
    match language, style:
        case "cadquery", "idiomatic":
            return idiomatic.write(sequence)
        case "cadquery", "verbatim":
            return verbatim.write(sequence)
        case "cadquery", "gencad":
            return gencad.write(sequence)
        case _, "gencad":
            raise InputError(
                f"style gencad: it is CadQuery's, and there is none of it in {language}"
            )
    drawn = outlined(sequence) if style == "idiomatic" else sequence
    return openecad.write(drawn) if language == "openecad" else openscad.write(drawn)
