"""Settings of ``jobs.prepare``: from design files to a dataset folder."""

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from cadvlm.config.base import Config
from cadvlm.config.execution import Limits
from cadvlm.records import PROMPT

SourceName = Literal[
    "deepcad", "fusion360", "openecad", "text2cad", "gencad",
    "scripts", "captions", "step", "abc", "synthetic",
]  # fmt: skip

Level = Literal["abstract", "beginner", "intermediate", "expert"]

_FOR = {
    "split_file": ("deepcad", "fusion360"),
    "subset": ("deepcad", "fusion360"),
    "levels": ("text2cad",),
    "designs": ("text2cad",),
    "pictures": ("openecad", "gencad", "text2cad", "scripts"),
    "images": ("openecad", "gencad", "captions"),
    "scripts": ("step",),
    "families": ("synthetic",),
    "text": ("synthetic",),
}
"""Which readers an option is for."""


class SourceConfig(Config):
    """One source of parts."""

    name: SourceName
    """Which reader."""

    path: str | None = None
    """File or folder, local or a URI. Null for ``synthetic``, which needs none."""

    weight: float = Field(1.0, gt=0)
    """How often training draws the source, relative to the others. Equal weights: every row once an
    epoch."""

    limit: int | None = Field(None, gt=0)
    """Read at most so many parts. ``synthetic`` needs it: its supply is endless."""

    split: Literal["train", "val", "test"] | None = None
    """Where all of its parts go, but for shapes that an earlier source has: a source that is only
    tested on, such as families that no other has. Null: as their shapes say."""

    licence: str | None = None
    """Of the data, for the manifest; null: what its publisher states, where there is one."""

    split_file: str | None = None
    """deepcad, fusion360: the publisher's split; null: where it ships, beside ``path``. Only for
    ``subset``: what is train, val and test here follows from the shapes."""

    subset: Literal["train", "validation", "test"] | None = None
    """deepcad, fusion360: read only what the publisher's split puts there; null: all."""

    levels: tuple[Level, ...] | None = None
    """text2cad: the texts to take, one row each; null: all four. None of them (``[]``): one row a
    part, with a picture and the instruction of ``prompt``."""

    designs: str | None = None
    """text2cad: folder of its or DeepCAD's designs; null: ``minimal_json`` or ``cad_json`` beside
    the texts."""

    pictures: Literal["shipped", "drawn", "none"] | None = None
    """gencad, openecad: their own pictures (null, ``shipped``) or ``drawn`` anew. text2cad, and
    scripts with a text: the text alone (null, ``none``), or text and pictures (``drawn``)."""

    images: str | None = None
    """gencad, openecad, captions: folder or zip file of the pictures; null: ``images`` beside the
    texts."""

    scripts: str | None = None
    """step: folder of scripts with the names of the shapes; null: beside them, where there are any.
    A shape without a script is geometry only."""

    families: tuple[str, ...] | None = None
    """synthetic: which families of parts, by their names or those of groups: ``default`` (null),
    ``all``, which has every operation, ``sketches``, which only sketches and extrudes."""

    text: Literal["prompt", "caption"] | None = None
    """synthetic: a part is asked for in words, without a picture (``prompt``), or its program is
    given and the words are asked for (``caption``); null: picture to code. Families without words
    are left out."""

    @model_validator(mode="after")
    def _reader_has_what_it_needs(self) -> Self:
        if self.name == "synthetic" and self.limit is None:
            raise ValueError("synthetic: give limit, the number of parts to make")
        if self.name != "synthetic" and self.path is None:
            raise ValueError(f"{self.name}: give path, the folder that holds its files")
        return self

    @model_validator(mode="after")
    def _options_are_the_readers(self) -> Self:
        for option, readers in _FOR.items():
            if getattr(self, option) is not None and self.name not in readers:
                raise ValueError(f"{self.name}: {option} is an option of {' and '.join(readers)}")
        if self.name in ("text2cad", "scripts") and self.pictures == "shipped":
            raise ValueError(f"{self.name}: comes without pictures; drawn or none")
        if self.name in ("gencad", "openecad") and self.pictures == "none":
            raise ValueError(f"{self.name}: has no texts to go by; pictures are shipped or drawn")
        if self.split_file is not None and self.subset is None:
            raise ValueError(f"{self.name}: split_file is for subset; give both")
        return self


class DrawingConfig(Config):
    """How engineering drawings look."""

    projection: Literal["first", "third"] = "third"
    """Arrangement of the views: first angle (ISO, Europe) or third angle (ASME, America)."""

    hidden: Literal["dashed", "none"] = "dashed"
    """Whether hidden lines are drawn."""

    dimensions: bool = True
    """Whether the part is dimensioned."""

    sheet: Literal["A4", "A3", "square"] = "square"
    """Paper. ``square`` is for pictures: no frame, and letters that stay legible at 448 pixels."""

    title_block: bool = True
    """Whether A4 and A3 have a frame and a title block."""


class GridConfig(Config):
    """How several cameras share a picture."""

    columns: int | None = Field(None, gt=0)
    """Pictures beside one another; null: as many as rows, or one more."""

    border: float = Field(0.0, ge=0, le=0.2)
    """Width of the black border around each, as a share of its height."""


class AugmentConfig(Config):
    """How pictures differ from the plain ones: drawn anew for each, and the same for the same seed,
    part and view. Strengths go from 0, never, to 1, the most at which a person still reads it."""

    probability: float = Field(0.5, ge=0, le=1)
    """How often each of the following is used, one independently of the other."""

    jitter_deg: float = Field(10.0, ge=0, le=45)
    """How far a camera moves around the part, at most, to each side."""

    rotation_deg: float = Field(5.0, ge=0, le=180)
    """How far the picture or sheet is turned in its plane, at most."""

    perspective_deg: float = Field(45.0, ge=0, le=90)
    """Largest angle of view; 0 keeps the projection parallel. A sheet is seen askew."""

    material: float = Field(1.0, ge=0, le=1)
    """Colours, greys and gloss of the part."""

    light: float = Field(1.0, ge=0, le=1)
    """A lamp that stands elsewhere than at the eye."""

    lines: float = Field(1.0, ge=0, le=1)
    """Width of lines, up to three times as wide or narrow, and how black they are."""

    paper: float = Field(0.5, ge=0, le=1)
    """Paper that is neither white nor even."""

    noise: float = Field(0.5, ge=0, le=1)
    """Blur, grain, dust and compression of a scanner or camera."""

    background: float = Field(0.5, ge=0, le=1)
    """Something like a photo behind the part, or a desk under the sheet."""


class PictureConfig(Config):
    """What is drawn of every part."""

    views: tuple[str, ...] = ("iso",)
    """One picture for each: a camera (iso, front, back, left, right, top, bottom, or degrees to the
    right of the front and above it, such as 30/20); several cameras in a grid, such as
    iso+front+top+right; cadrille, openecad, openecad-transparent or openecad-orthographic, as those
    datasets have it; drawing, a sheet with front, top, right and iso, and dimensions."""

    size: int | tuple[int, int] = 448
    """Width and height in pixels, one number for both. A drawing is as wide, and as high as its
    paper."""

    style: Literal["shaded", "openecad", "transparent", "cadrille"] = "shaded"
    """Look of cameras and grids: GenCAD's grey with sharp black edges; OpenECAD's dark grey with
    smooth ones; the same seen through; cadrille's yellow without edges."""

    grid: GridConfig = GridConfig()
    """For several cameras in one picture."""

    drawing: DrawingConfig = DrawingConfig()
    """For ``drawing`` among the views."""

    augment: AugmentConfig | None = None
    """Variety: other materials, light, lines, paper, backgrounds; null draws plain pictures."""

    @field_validator("views")
    @classmethod
    def _views_are_known(cls, views: tuple[str, ...]) -> tuple[str, ...]:
        for view in views:
            for word in view.split("+"):
                angles = _ANGLES.fullmatch(word)
                if angles and abs(float(angles[1])) > 90:
                    raise ValueError(f"{view!r}: {angles[1]} degrees above the part; at most 90")
                if not angles and word not in _CAMERAS and view not in _OTHER_VIEWS:
                    known = ", ".join((*_CAMERAS, *_OTHER_VIEWS))
                    raise ValueError(f"{view!r}: no view; there are {known}, 30/20, iso+front")
        return views

    @field_validator("size")
    @classmethod
    def _size_is_a_picture(cls, size: int | tuple[int, int]) -> int | tuple[int, int]:
        for pixels in size if isinstance(size, tuple) else (size,):
            if not 32 <= pixels <= 4096:
                raise ValueError(f"{pixels} pixels: give 32 to 4096, or [width, height]")
        return size

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height."""
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)


_CAMERAS = ("iso", "front", "back", "left", "right", "top", "bottom")
_OTHER_VIEWS = ("cadrille", "openecad", "openecad-transparent", "openecad-orthographic", "drawing")
_ANGLES = re.compile(r"-?\d+(?:\.\d+)?/(-?\d+(?:\.\d+)?)")


class SplitConfig(Config):
    """Shares of the parts. The split of a part follows from its shape, never from its name."""

    val: float = Field(0.05, ge=0, lt=1)
    """Share that is watched while training."""

    test: float = Field(0.05, ge=0, lt=1)
    """Share that is held out for evaluation."""

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(f"val ({self.val}) and test ({self.test}) leave nothing for train")
        return self


class PrepareConfig(Config):
    """Design files to samples."""

    sources: tuple[SourceConfig, ...] = Field(min_length=1)
    """Where parts come from: ``[{name: deepcad, path: DIR}, {name: synthetic, limit: 1000}]``."""

    out: str
    """The dataset folder, local or a URI."""

    style: Literal["idiomatic", "verbatim", "gencad"] = "idiomatic"
    """How construction sequences are written: as a person would, operation by operation, or to the
    letter of GenCAD-Code."""

    language: Literal["cadquery", "openecad", "openscad"] = "cadquery"
    """In which construction sequences are written. Programs of others stay as they are."""

    quantize: int | None = Field(None, ge=4, le=16)
    """Bits of every number of a construction sequence, on DeepCAD's grid, which has 8; null: as
    exact as the source. The part then reaches to 0.75 from the origin."""

    longest: int | None = Field(None, ge=10, le=1000)
    """Length of every construction sequence's longest side; its middle becomes the origin and its
    places are rounded to halves. Null: as the source has it. A picture tells neither scale
    nor place: 100, as synthetic parts have it, lets a model write what it sees."""

    verify: bool = True
    """Whether idiomatic programs are compared with what the same sequences build operation by
    operation, and replaced where that is another solid. It takes the kernel twice the time."""

    plan: bool = False
    """Whether a row has a plan, that a model learns to write before the code: what the part is, and
    its operations in words."""

    pictures: PictureConfig = PictureConfig()
    """What is drawn."""

    split: SplitConfig = SplitConfig()
    """Train, validation and test."""

    limits: Limits = Limits()
    """For every program that is executed."""

    prompt: str = PROMPT
    """The instruction that goes with every picture."""

    max_tokens: int | None = Field(None, gt=0)
    """Programs of more tokens go into quarantine: 4096 is all that LLaVA-1.5 can take at once.
    Null: none is too long."""

    tokenizer: str | None = None
    """What counts tokens: a Hugging Face tokenizer, or the model it belongs to, by hub id or
    folder. Null: Python's own lexical tokens, which belong to no model."""

    deduplicate: bool = True
    """Whether only the first of several rows stays that ask the same about the same shape, wherever
    it lies and however large it is. Equal shapes are in one split in either case."""

    exclude: tuple[str, ...] = ()
    """Evaluation sets whose shapes are kept out: dataset folders (their test split), and whatever
    ``jobs.evaluate`` takes as ``references``."""

    shard_rows: int = Field(256, gt=0)
    """Parts read for one shard, the unit of work, of writing and of resuming."""

    seed: int = 0
    """Decides the synthetic parts, and whatever pictures leave to chance."""

    @model_validator(mode="after")
    def _sizes_are_rounded_in_one_way(self) -> Self:
        if self.quantize is not None and self.longest is not None:
            raise ValueError("give quantize or longest: each has a size of its own for parts")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """What the rows of each source are called: its name, numbered where there are several."""
        names = [source.name for source in self.sources]
        before = [names[:place].count(name) for place, name in enumerate(names)]
        return tuple(
            f"{name}-{count + 1}" if count else name
            for name, count in zip(names, before, strict=True)
        )
