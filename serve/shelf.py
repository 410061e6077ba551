"""Folders by name: what clients uploaded, the datasets made of it, and the runs on those.

Clients know names, never paths: a name is letters and digits, so that it stays below its folder.
What is on the shelf is found by looking at it, and nothing about it is kept anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import yaml
from pyarrow import fs
from pydantic import StringConstraints

from cadvlm.storage import Folder
from serve.config import TrainingConfig

_WORD = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
NAME = rf"^{_WORD}$"
PATH = rf"^{_WORD}(/{_WORD}){{0,7}}$"

Name = Annotated[str, StringConstraints(pattern=NAME)]
"""Of a dataset, a run or an upload."""
Path = Annotated[str, StringConstraints(pattern=PATH)]
"""A name, or several with slashes between them; none begins with a dot."""

MANIFEST = "manifest.json"
"""Marks a finished dataset."""
METRICS, SUMMARY, FINAL, ADAPTER = "metrics.jsonl", "summary.json", "final", "adapter"
"""In a run; the summary marks a finished one. Whoever writes them would load torch."""


class Shelf:
    """The storage of the training API."""

    def __init__(self, config: TrainingConfig) -> None:
        storage = Folder(config.storage)
        self.uploads = storage / "uploads"
        self._sources = Folder(config.sources) if config.sources else self.uploads
        self._datasets, self._runs = storage / "datasets", storage / "runs"

    def source(self, path: str) -> Folder:
        """A folder of design files."""
        return self._sources / path

    def dataset(self, name: str) -> Folder:
        """A dataset, finished or not."""
        return self._datasets / name

    def run(self, name: str) -> Folder:
        """A run, finished or not."""
        return self._runs / name

    def datasets(self) -> list[dict[str, Any]]:
        """What is told of every finished dataset."""
        return [
            {
                "name": name,
                "created": _made(folder, MANIFEST),
                **{key: manifest[key] for key in ("splits", "licences", "content_hash")},
                "sources": {
                    source: {key: books[key] for key in ("read", "written", "quarantined")}
                    for source, books in manifest["sources"].items()
                },
            }
            for name, folder in _finished(self._datasets, MANIFEST)
            for manifest in [folder.read_json(MANIFEST)]
        ]

    def checkpoints(self) -> list[dict[str, Any]]:
        """What is told of every finished run."""
        return [
            {
                "name": name,
                "path": f"{folder.uri}/{FINAL}",
                "created": _made(folder, SUMMARY),
                "has_lora_adapter": folder.exists(ADAPTER),
                "metrics": folder.read_json(SUMMARY),
                "config": yaml.safe_load(folder.read("config.yaml")),
            }
            for name, folder in _finished(self._runs, SUMMARY)
        ]


def _finished(home: Folder, mark: str) -> Iterator[tuple[str, Folder]]:
    """The folders below that hold a file."""
    infos = home.filesystem.get_file_info(fs.FileSelector(home.path, allow_not_found=True))
    for name in sorted(info.base_name for info in infos if info.type == fs.FileType.Directory):
        if (home / name).exists(mark):
            yield name, home / name


def _made(folder: Folder, name: str) -> str:
    made = folder.filesystem.get_file_info(folder.join(name)).mtime
    return (made or datetime.fromtimestamp(0, UTC)).astimezone(UTC).isoformat()
