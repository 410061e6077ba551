"""Programs in other languages than CadQuery, as CadQuery for the sandbox to run.

Nothing foreign is executed here: an OpenECAD program is read (:mod:`cadvlm.sequences.openecad`),
and the CadQuery that builds the same solid is ours.
"""

from __future__ import annotations

from cadvlm.codegen import verbatim
from cadvlm.errors import InputError
from cadvlm.execution.result import Status
from cadvlm.records import CadProgram
from cadvlm.sequences import openecad
from cadvlm.sequences.errors import Unreadable

LANGUAGES = ("cadquery", "openecad")

_STATUS = {
    "syntax": Status.SYNTAX,
    "forbidden": Status.FORBIDDEN,
    "no_extrude": Status.NO_SOLID,
    "not_nested": Status.NO_SOLID,
}
"""What else is wrong with a program would have raised in its own executor: ``EXCEPTION``."""


class Untranslatable(Exception):
    """A program that cannot become CadQuery: how its execution counts as having ended, and why."""

    def __init__(self, status: Status, line: str) -> None:
        super().__init__(status, line)
        self.status = status
        self.line = line


def to_cadquery(program: CadProgram) -> CadProgram:
    """The same solid in CadQuery; a program that is CadQuery comes back as it is.

    Raises:
        InputError: a language that is not in ``LANGUAGES``.
        Untranslatable: the program is at fault.
    """
    if program.language == "cadquery":
        return program
    if program.language != "openecad":
        known = " or ".join(LANGUAGES)
        raise InputError(f"language {program.language!r}: the sandbox runs {known}")
    try:
        sequence = openecad.read(program.code)
    except Unreadable as error:
        status = _STATUS.get(error.reason, Status.EXCEPTION)
        raise Untranslatable(status, str(error)) from None
    return verbatim.write(sequence)
