"""Where a model is: a Hugging Face folder, that of a run or a sweep, here or remote, or a hub id.

Apart from opening it, so that a mistyped name is known before anybody has loaded torch.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from cadvlm.errors import InputError
from cadvlm.storage import Folder

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def find(path: str) -> str:
    """The URI of the folder that holds the model, or the hub id as it is.

    Raises:
        InputError: the folder is not there or holds no model.
    """
    if "://" not in path and not os.path.isdir(path):
        if _HUB_ID.fullmatch(path) and not path.startswith("."):
            return path
        raise InputError(f"{path}: no such folder, and not a hub id such as owner/name")
    whole = Folder(path)
    for folder in (whole, whole / "final", whole / "best"):
        if folder.exists("config.json"):
            return folder.uri
    raise InputError(
        f"{path}: no model here (expected config.json, or the final/ of a finished run, or the "
        "best/ of a sweep)"
    )


@contextmanager
def fetched(path: str, *, weights: bool = True) -> Iterator[str]:
    """What ``from_pretrained`` takes: a local folder or a hub id; raises as :func:`find` does.

    A remote folder is copied, for as long as the block lasts; on demand without its weights.
    """
    place = find(path)
    if "://" not in place:
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="cadvlm-model-") as local:
        remote = Folder(place)
        if weights:
            remote.download(local)
        else:
            for name in remote.names(".json"):
                Folder(local).write(name, remote.read(name))
        yield local
