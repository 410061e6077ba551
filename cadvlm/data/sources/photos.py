"""Pictures that come with a source: out of a folder or a zip file, and into PNG."""

from __future__ import annotations

import io
import zipfile
import zlib
from functools import lru_cache
from typing import Any, cast

from cadvlm.config.data import SourceConfig
from cadvlm.errors import InputError
from cadvlm.records import Rendering
from cadvlm.sequences.errors import Unreadable
from cadvlm.storage import Folder


class Photos:
    """A folder or a zip file of pictures."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def read(self, name: str) -> bytes:
        """A picture's file.

        Raises:
            Unreadable: it is not there.
        """
        try:
            if ".." in name.split("/"):
                raise FileNotFoundError
            if self.uri.lower().endswith(".zip"):
                return _zip(self.uri).read(name)
            folder = Folder(self.uri)
            with folder.filesystem.open_input_file(folder.join(name)) as file:
                return bytes(file.read())
        except (KeyError, OSError, ValueError):  # a name may be none that a disk knows
            raise Unreadable("missing_picture", f"{name} is not in {self.uri}") from None
        except (zipfile.BadZipFile, RuntimeError, EOFError, zlib.error) as error:
            # Not a zip file, encrypted, compressed in an unknown way, cut short, damaged.
            raise Unreadable("broken_picture", f"{name} in {self.uri}: {error}") from None


def beside(source: SourceConfig, folder: Folder) -> Photos | None:
    """Where a source keeps its pictures: where ``images`` says, else in ``images/`` or
    ``images.zip`` beside its texts in ``folder``; None where there are none.

    Raises:
        InputError: ``images`` names what is not there.
    """
    if source.images is not None:
        if not Folder(source.images).exists():
            raise InputError(f"{source.name}: images: {source.images}: no such folder or zip file")
        return Photos(source.images)
    for name in ("images", "images.zip"):
        if folder.exists(name):
            return Photos(f"{folder.uri}/{name}")
    return None


@lru_cache(maxsize=2)
def _zip(uri: str) -> zipfile.ZipFile:
    """Opened once by a process: the list of half a million pictures takes seconds to read."""
    head, _, name = uri.rpartition("/")
    folder = Folder(head or ".")
    return zipfile.ZipFile(cast(Any, folder.filesystem.open_input_file(folder.join(name))))


def rendering(name: str, content: bytes, largest: int, *, view: str, style: str) -> Rendering:
    """A picture of any kind as a PNG in colours, made smaller where a side exceeds ``largest``.

    Raises:
        Unreadable: it is no picture, cut short, or unreasonably large.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as opened:
            opened.draft("RGB", (largest, largest))  # a JPEG need not be decoded in full
            picture = opened.convert("RGB")
    except Exception as error:  # a decoder raises whatever the bytes lead it into
        raise Unreadable("broken_picture", f"{name}: {error}") from None
    picture.thumbnail((largest, largest))
    png = io.BytesIO()
    picture.save(png, "PNG")
    return Rendering(view, style, *picture.size, png.getvalue())
