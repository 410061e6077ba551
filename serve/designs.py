"""Design files that clients bring: what they are, and which readers a folder of them needs.

Only what is cheap and safe is looked at here: construction sequences are read in full, shapes by
how their format begins. Opening a shape takes the kernel, which :mod:`cadvlm.data` asks in the
sandbox, as it runs scripts.
"""

from __future__ import annotations

import json
import posixpath
import struct
from collections.abc import Callable
from typing import Any

from cadvlm.errors import InputError
from cadvlm.sequences import deepcad, fusion360
from cadvlm.storage import Folder

SHAPES = (".step", ".stp", ".brep", ".stl", ".obj")


def kind(name: str) -> str:
    """The suffix of a file, in small letters."""
    return posixpath.splitext(name)[1].lower()


def problem(name: str, content: bytes) -> str | None:
    """Why a file is of no use; None when it is what its suffix says."""
    if kind(name) not in _CHECKS:
        return f"expected one of {', '.join(_CHECKS)}"
    if not content:
        return "the file is empty"
    return _CHECKS[kind(name)](content)


def _step(content: bytes) -> str | None:
    # ISO 10303-21, clause 5: the exchange structure begins with this.
    begins = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"ISO-10303-21")
    return None if begins else "not STEP: does not begin with ISO-10303-21"


def _brep(content: bytes) -> str | None:
    return None if b"CASCADE Topology" in content[:500] else "not OpenCASCADE's BREP as text"


def _stl(content: bytes) -> str | None:
    if len(content) >= 84 and len(content) == 84 + 50 * struct.unpack_from("<I", content, 80)[0]:
        return None
    return None if content.lstrip()[:5].lower() == b"solid" else "neither binary nor text STL"


def _obj(content: bytes) -> str | None:
    lines = content.splitlines()
    return None if any(line.startswith(b"v ") for line in lines) else "not OBJ: has no vertex"


def _json(content: bytes) -> str | None:
    text = content.decode(errors="replace")
    try:
        (fusion360 if _is_fusion360(text) else deepcad).read(text)
    except InputError as error:
        return str(error)
    return None


def _script(content: bytes) -> str | None:
    try:
        compile(content, "script", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"not Python: {error}"
    return None


_CHECKS: dict[str, Callable[[bytes], str | None]] = {
    ".step": _step,
    ".stp": _step,
    ".brep": _brep,
    ".stl": _stl,
    ".obj": _obj,
    ".json": _json,
    ".py": _script,
}


def _is_fusion360(text: str) -> bool:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(tree, dict) and "timeline" in tree


def sources(folder: Folder) -> list[dict[str, Any]]:
    """The sources of ``jobs.prepare`` that read all of a folder.

    Scripts beside shapes are theirs; alone they are parts of their own.

    Raises:
        InputError: no folder, or nothing in it that is a design.
    """
    names = folder.names(recursive=True)
    kinds = {kind(name) for name in names}
    readers = []
    if designs := [name for name in names if kind(name) == ".json"]:
        text = folder.read(designs[0]).decode(errors="replace")
        readers.append("fusion360" if _is_fusion360(text) else "deepcad")
    elif ".h5" in kinds:
        readers.append("deepcad")
    if kinds.intersection(SHAPES):
        readers.append("step")
    elif ".py" in kinds:
        readers.append("scripts")
    if not readers:
        raise InputError(f"holds no design: none of {', '.join((*_CHECKS, '.h5'))}")
    return [{"name": name, "path": folder.uri} for name in readers]
