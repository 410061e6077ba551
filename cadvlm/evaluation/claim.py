"""Whose folder this is: rows that are already there count only if they answer the same question."""

from __future__ import annotations

import hashlib
from typing import Any

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.errors import ConfigError
from cadvlm.references.files import is_folder
from cadvlm.storage import Folder

CONFIG = "config.json"
"""Written first: the resolved settings, and hashes of what they point to."""

CARD = "README.md"
"""Tells people of a checkpoint, and may be written when it has been evaluated."""

WORK = ("answers", "rows")
"""Folders of what was done; until there is something in them, nobody's claim matters."""

_INPUTS = ("checkpoint", "dataset", "predictions", "references", "questions")
_FREE = {"out", "scorers", "gallery", "pages", "answerers", *_INPUTS}
_FREE_GENERATION = {"batch_size", "gpu", "cpus"}


def claim(out: Folder, config: EvaluateConfig) -> bool:
    """Make the folder ours, or find that it is.

    Returns:
        Whether it was before, by the very same settings and content.

    Raises:
        ConfigError: it holds an evaluation of something else; the message says what differs.
    """
    settings = config.model_dump(mode="json")
    content = {name: content_hash(uri) for name in _INPUTS if (uri := settings[name])}
    mine = _identity(settings, content)
    kept = out.read_json(CONFIG) if out.exists(CONFIG) else None
    if kept and any((out / name).names() for name in WORK):
        theirs = _identity(kept["config"], kept["content"])
        changed = sorted(
            key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key)
        )
        if changed:
            raise ConfigError(
                f"out: {out.uri} holds an evaluation with another {', another '.join(changed)}; "
                "choose another folder, or remove this one"
            )
    claimed = {"config": settings, "content": content}
    out.write_json(CONFIG, claimed)
    return kept == claimed


def content_hash(uri: str) -> str:
    """A hash of what a setting points to: a dataset (by its manifest, which has one of the rows), a
    checkpoint, a file; a name that is none of these stands for itself."""
    place = Folder(uri)
    if place.exists("manifest.json"):
        return hashlib.sha256(place.read("manifest.json")).hexdigest()[:16]
    folder = place / "final" if place.exists("final") else place
    names = (
        folder.names(recursive=True) if is_folder(folder.uri) else [""] if folder.exists() else []
    )
    digest = hashlib.sha256()
    for name in names:
        if name == CARD:
            continue
        with folder.filesystem.open_input_file(folder.join(name)) as stream:
            digest.update(name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16] if names else uri


def _identity(settings: dict[str, Any], content: dict[str, str]) -> dict[str, Any]:
    """What decides a score, flat: settings that only say how the work is done are left out."""
    generation = settings["generation"]
    return {
        **{key: value for key, value in settings.items() if key not in {*_FREE, "generation"}},
        **{f"generation.{k}": v for k, v in generation.items() if k not in _FREE_GENERATION},
        **content,
    }
