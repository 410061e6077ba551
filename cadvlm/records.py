"""The records that travel from room to room. Plain, frozen, and cheap by the hundred thousand."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

PROMPT = (
    "Generate the CADQuery code needed to create the CAD for the provided image. "
    "Just the code, no other words."
)
"""The instruction of GenCAD-Code (CAD-Coder), kept to the letter so that models are comparable."""


TEXT = "text"
"""The language of a caption: what a picture shows, in words. Nothing is executed for it."""


@dataclass(frozen=True, slots=True)
class CadProgram:
    """Code that builds a solid."""

    code: str
    language: str = "cadquery"
    operations: tuple[str, ...] = ()
    """What the program does in order, in CadQuery's words: ``("box", "hole", "fillet")``."""

    @property
    def digest(self) -> str:
        """Hash of language and code; two programs with one digest build the same solid."""
        return hashlib.sha256(f"{self.language}\0{self.code}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Rendering:
    """A picture of a part."""

    view: str
    """Which camera: ``iso`` looks along (-1, 1, -1), as GenCAD's pictures do."""
    style: str
    """``shaded`` or ``drawing``; ``shipped`` where the source brought it."""
    width: int
    height: int
    png: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One design as its source ships it: a program, or only a shape."""

    id: str
    source: str
    program: CadProgram | None = None
    """None for a shape that nobody has written code for; of language ``text`` for a caption."""
    sequence: str | None = None
    """The construction sequence as JSON, when the source has one."""
    ours: bool = False
    """Our own writers made the program. Only such programs may share a process."""
    prompt: str | None = None
    """The instruction; None for the configuration's."""
    images: tuple[Rendering, ...] | None = None
    """As shipped; ``()`` for text alone, None for what is to be drawn from the solid."""
    shape: bytes | None = None
    """Content of a shape file, measured when there is no program."""
    shape_kind: str = ""
    """``step``, ``brep``, ``stl`` or ``obj``."""
    plain_instead: bool = False
    """The program is the plain one, for the concise one built something else."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was read and not used, and why. One row of ``quarantine/``."""

    id: str
    source: str
    stage: str
    """Where it stopped: ``read``, ``convert``, ``execute``, ``compare`` or ``render``."""
    reason: str
    """One word or two that can be counted: ``timeout``, ``no_solid``, ``corrupt_json``."""
    detail: str = ""
    """What a person needs to understand this one case."""
    code: str | None = None
    """The program, when there was one."""
    picture: bytes | None = None
    """PNG of the part, when it was drawn before it was refused."""

    def to_row(self) -> dict[str, Any]:
        """The Parquet row."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Sample:
    """One training row: pictures of a part and the program that builds it.

    A row without code is a shape alone, to be compared with. A caption has no shape.
    """

    id: str
    source: str
    split: str
    language: str | None
    code: str | None
    """The program, or a caption; None for a shape alone."""
    operations: tuple[str, ...]
    n_tokens: int
    """Length of the code in Python's own lexical tokens, independent of any model."""
    images: tuple[Rendering, ...]
    """None of them where a text is all there is to go by."""
    prompt: str
    sequence: str | None
    n_faces: int | None
    volume: float | None
    """In the cube of the program's own unit."""
    bbox: tuple[float, ...] | None
    """``(xmin, ymin, zmin, xmax, ymax, zmax)`` in the program's own unit."""
    shape_key: str | None = None
    """What equal shapes share, wherever they lie and however large they are."""
    shape: bytes | None = None
    """The file of a shape alone."""
    shape_kind: str | None = None
    """``step``, ``brep``, ``stl`` or ``obj``."""
    plan: str | None = None
    """What the part is and how it is built, in words, before the code."""
    plain_instead: bool = False
    """The code is the plain program, for the concise one built something else."""

    def to_row(self) -> dict[str, Any]:
        """The Parquet row; see ``cadvlm.dataset.SAMPLE_SCHEMA``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model wrote for one part."""

    id: str
    code: str
    """The program, with any fences and chatter removed."""
    language: str = "cadquery"
    text: str = ""
    """The raw answer."""
    image: str | None = None
    """Name of the picture that was asked about, where the answer says so."""
