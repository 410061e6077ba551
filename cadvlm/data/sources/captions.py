"""Pictures and what they show, in words: to align a projector with (``train.stage=align``).

LLaVA-Pretrain (``blip_laion_cc_sbu_558k.json``) and LLaVA's CC3M (``chat.json``): records of an
``id``, an ``image`` and a conversation of two turns, ``<image>`` in the first. The pictures are in
``images/``, in ``images.zip`` as it is downloaded, or beside the file; ``images`` names another
folder or zip file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources import conversations, tables
from cadvlm.data.sources.designs import refused, stem
from cadvlm.data.sources.photos import Photos, beside, rendering
from cadvlm.errors import InputError
from cadvlm.records import TEXT, CadProgram, Part, Refusal
from cadvlm.sequences.errors import Unreadable
from cadvlm.storage import Folder

LICENCE = "as CC-3M, LAION, SBU and BLIP state; research"

NAMES = ("blip_laion_cc_sbu_558k.json", "chat.json")
"""What the file is called as shipped."""


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """Ranges of the file's records. ``path`` is the file, or a folder that has one of ``NAMES``."""
    folder, name = _texts(source)
    beside(source, folder)
    for unit in tables.shards(folder, name, rows, source.limit):
        yield (unit,)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """One caption a record; its id is the record's."""
    folder, name = _texts(source)
    photos = beside(source, folder) or Photos(folder.uri)
    for item in items:
        for number, fields in tables.read(folder, item):
            given = fields.get("id") if isinstance(fields, dict) else None
            part_id = str(given) if given else f"{stem(name)}-{number:08}"
            try:
                yield _caption(part_id, source.name, fields, photos, max(config.pictures.pixels))
            except Unreadable as error:
                yield refused(part_id, source, error, f"{name}, record {number}")


def _texts(source: SourceConfig) -> tuple[Folder, str]:
    """The folder and the name of the file with the words."""
    assert source.path is not None
    if tables.is_table(source.path):
        folder, [name] = tables.found(source)
        return folder, name
    folder = Folder(source.path)
    for name in NAMES:
        if folder.exists(name):
            return folder, name
    raise InputError(
        f"{source.name}: {source.path}: holds neither {' nor '.join(NAMES)}; give the file as path"
    )


def _caption(
    part_id: str, source: str, fields: dict[str, Any] | Unreadable, photos: Photos, largest: int
) -> Part:
    if isinstance(fields, Unreadable):
        raise fields
    asked, told = conversations.turns(fields)
    name = fields.get("image")
    if not isinstance(name, str) or not name:
        raise Unreadable("missing_picture", "it names no image")
    picture = rendering(name, photos.read(name), largest, view="photo", style="photo")
    return Part(part_id, source, CadProgram(told, TEXT), prompt=asked, images=(picture,))
