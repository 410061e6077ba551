"""A folder of design files that a client sends: many files, or one zip archive.

Every file is looked at before it is kept, and what is refused is told with its reason. Names are
checked like all that clients give; what an archive says about its own sizes is not believed.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile

from cadvlm.storage import Folder
from serve.config import TrainingConfig
from serve.designs import problem
from serve.errors import Refused
from serve.shelf import PATH

UNPACKED = 4
"""An archive may unpack to so many times the largest body. STEP shrinks to a quarter."""


class RefusedFile(BaseModel):
    """A file that was not kept."""

    file: str
    reason: str


class Upload(BaseModel):
    """What became of an upload."""

    name: str
    accepted: int
    refused: list[RefusedFile]


class _File(NamedTuple):
    name: str
    content: bytes


async def read(form: FormData, config: TrainingConfig) -> list[_File]:
    """The files of a form: under ``files``, or in the zip file under ``archive``.

    Raises:
        Refused: none, too many, or an archive that cannot be read.
    """
    uploads = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
    archive = form.get("archive")
    if isinstance(archive, UploadFile):
        return list(_unpacked(await archive.read(), config))
    if not uploads:
        message = "give files, one or more, or archive, a zip file"
        raise Refused(422, "invalid_request", message, "files")
    return [_File(one.filename or "", await one.read()) for one in uploads]


def keep(name: str, files: list[_File], folder: Folder) -> Upload:
    """Write the good ones of several files below a folder.

    Raises:
        Refused: there is no good one.
    """
    refused = []
    for file in files:
        named = re.fullmatch(PATH, file.name)
        reason = problem(*file) if named else "its name has other letters than a-z, 0-9, _ . -"
        if reason is None:
            folder.write(file.name, file.content)
        else:
            refused.append(RefusedFile(file=file.name[:200], reason=reason[:500]))
    if len(refused) == len(files):
        first = f"{refused[0].file!r}: {refused[0].reason}" if refused else "the archive is empty"
        raise Refused(422, "no_design", f"no file can be used; {first}", "files")
    return Upload(name=name, accepted=len(files) - len(refused), refused=refused)


def _unpacked(data: bytes, config: TrainingConfig) -> Iterator[_File]:
    left = int(UNPACKED * config.max_upload_mb * 2**20)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > config.max_files:
                raise Refused(413, "too_large", f"more than {config.max_files} files", "archive")
            for entry in entries:
                with archive.open(entry) as stream:
                    content = stream.read(left + 1)
                left -= len(content)
                if left < 0:
                    message = f"unpacks to more than {UNPACKED * config.max_upload_mb:g} MiB"
                    raise Refused(413, "too_large", message, "archive")
                yield _File(entry.filename, content)
    # An entry with a password is a RuntimeError, one of an unknown method NotImplementedError.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        message = f"not a zip archive that can be read: {error}"
        raise Refused(400, "bad_archive", message, "archive") from error
