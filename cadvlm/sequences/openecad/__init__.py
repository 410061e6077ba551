"""OpenECAD programs, in both dialects: ``Line0_0_1 = add_line(start=[0, 0], end=[10, 0])``.

The language is what its authors' executors do (Yuki-Kokomi/OpenECADtoSTEP for the first dialect,
OpenECADv2toSTEP for the second); the words are explained in the paper (Yuan et al., 2024).

=================  ==================================  =======================================
\\                  first                               second
=================  ==================================  =======================================
units              DeepCAD's grid: a sketch lies       millimetres
                   around (128, 128), ``sketch_size``
                   across 95 steps; the part, in +-1
placed by          ``sketch_position``                 the plane's ``origin``
normal             ``x_axis`` x ``y_axis``             ``normal``
lists              filled by ``append``                each curve and loop joins the list that
                                                       was named last, by its own name's start
planes             ``add_sketchplane``                 ... and ``add_sketchplane_ref``, seen
                                                       from an earlier extrude
=================  ==================================  =======================================

A program that appends, or names an argument that only the first dialect has, is in the first.

Three things are not as the executors do them. Lengths of the first dialect are taken as
millimetres, for want of a unit. Ends that they take for the same, to four places, are the same
here; their kernel sometimes finds a gap there. And a direction with a negative x stays as it is
written: they turn it by half a turn about z (their polar angles come from ``arctan``), so that no
program exported by them has such a normal.

Of 174 DeepCAD parts as their exporter writes them, their second executor builds 173 soundly; 170 of
these come out the same here.
"""

from __future__ import annotations

import ast

from cadvlm.sequences import script
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.model import ConstructionSequence
from cadvlm.sequences.openecad.words import First, Program, Second

_FIRST_ONLY = {"y_axis", "sketch_position", "sketch_size"}


def read(text: str) -> ConstructionSequence:
    """Read a program.

    Raises:
        Unreadable: the line and what is wrong there; the reasons are those of
            :mod:`cadvlm.sequences.script`, those of loops (``open_loop``, ``degenerate_arc``),
            ``no_extrude``, ``zero_length``, ``not_nested`` and ``too_large``.
    """
    tree = script.parse(text)
    program: Program = First() if _is_first(tree) else Second()
    words = [name for name in dir(program) if name.startswith("add_")]
    script.run(tree, {name: getattr(program, name) for name in words}, program.noted)
    if not program.operations:
        raise Unreadable("no_extrude", "nothing is extruded")
    return ConstructionSequence(tuple(program.operations))


def _is_first(tree: ast.Module) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "append")
        or (isinstance(node, ast.keyword) and node.arg in _FIRST_ONLY)
        for node in ast.walk(tree)
    )
