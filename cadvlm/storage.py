"""Folders by URI: a local path, ``s3://``, ``gs://`` or anything else that pyarrow or fsspec opens.

The rest of the library never calls ``open`` on a folder of results: nothing assumes a shared disk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
from pyarrow import fs

from cadvlm.errors import InputError


class Folder:
    """A folder somewhere. Small reads and writes of whole files; writes are atomic when local."""

    def __init__(self, uri: str) -> None:
        self.uri = uri if "://" in uri else os.path.abspath(uri)
        try:
            filesystem, self.path = fs.FileSystem.from_uri(self.uri)
        except (pa.ArrowInvalid, ValueError):
            filesystem, self.path = _by_fsspec(self.uri)
        self.filesystem = _patient(filesystem)

    def __truediv__(self, name: str) -> Folder:
        return Folder(f"{self.uri.rstrip('/')}/{name}")

    def exists(self, name: str = "") -> bool:
        """Whether a file or folder is there."""
        return bool(self._info(name).type != fs.FileType.NotFound)

    def names(self, suffix: str = "", recursive: bool = False) -> list[str]:
        """Names of the files below, sorted, relative to this folder; none when it is not there."""
        selector = fs.FileSelector(self.path, allow_not_found=True, recursive=recursive)
        infos = self.filesystem.get_file_info(selector)
        files = (info.path for info in infos if info.type == fs.FileType.File)
        root = len(self.path.rstrip("/")) + 1
        return sorted(path[root:] for path in files if path.endswith(suffix))

    def read(self, name: str) -> bytes:
        """A file's bytes.

        Raises:
            InputError: it is not there.
        """
        try:
            with self.filesystem.open_input_stream(self.join(name)) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            raise InputError(f"{self.uri}/{name}: no such file") from None

    def read_range(self, name: str, start: int, stop: int) -> bytes:
        """The bytes of a file from ``start`` up to ``stop``; see :meth:`read`."""
        try:
            with self.filesystem.open_input_file(self.join(name)) as file:
                return bytes(file.read_at(stop - start, start))
        except FileNotFoundError:
            raise InputError(f"{self.uri}/{name}: no such file") from None

    def blocks(self, name: str, size: int) -> Iterator[bytes]:
        """A file's bytes in order, at most ``size`` at a time; see :meth:`read`.

        Nothing is kept open from one to the next.
        """
        length = self._info(name).size
        if length is None:
            raise InputError(f"{self.uri}/{name}: no such file")
        for start in range(0, length, size):
            yield self.read_range(name, start, start + size)

    def sizes(self, names: Sequence[str]) -> list[int]:
        """How many bytes each of these files has; 0 for one that is not there."""
        infos = self.filesystem.get_file_info([self.join(name) for name in names])
        return [info.size or 0 for info in infos]

    def write(self, name: str, content: bytes | str) -> None:
        """Write a whole file. A reader sees the old one or the new one, never half of it."""
        target = self.join(name)
        if not isinstance(self.filesystem, _PatientS3):  # which has no folders
            self.filesystem.create_dir(os.path.dirname(target), recursive=True)
        data = content.encode() if isinstance(content, str) else content
        local = isinstance(self.filesystem, fs.LocalFileSystem)
        landing = f"{target}.{os.getpid()}.tmp" if local else target
        try:
            with self.filesystem.open_output_stream(landing) as stream:
                stream.write(data)
            if local:
                os.replace(landing, target)
        except OSError:
            if local:  # a full disk must not be left fuller
                with suppress(OSError):
                    os.remove(landing)
            raise

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it; harmless when it is not there."""
        kind = self._info(name).type
        if kind == fs.FileType.Directory:
            self.filesystem.delete_dir(self.join(name))
        elif kind == fs.FileType.File:
            self.filesystem.delete_file(self.join(name))

    def read_json(self, name: str) -> Any:
        """A JSON file's value; see :meth:`read`."""
        try:
            return json_of(self.read(name))
        except ValueError as error:
            raise InputError(f"{self.uri}/{name}: not JSON: {error}") from None

    def write_json(self, name: str, value: Any) -> None:
        """Write a value as indented JSON."""
        self.write(name, json.dumps(value, indent=2, default=str) + "\n")

    def upload(self, local: str) -> None:
        """Copy a local folder here."""
        self.filesystem.create_dir(self.path, recursive=True)
        fs.copy_files(local, self.path, destination_filesystem=self.filesystem)

    def download(self, local: str) -> None:
        """Copy this folder into a local one."""
        os.makedirs(local, exist_ok=True)
        fs.copy_files(self.path, local, source_filesystem=self.filesystem)

    def join(self, name: str) -> str:
        """A name below this folder, as the filesystem object wants it."""
        return f"{self.path.rstrip('/')}/{name}" if name else self.path

    def _info(self, name: str) -> fs.FileInfo:
        return self.filesystem.get_file_info(self.join(name))


def json_of(content: bytes) -> Any:
    """The value of JSON that anybody may have written: bytes that are no UTF-8, and halves of
    characters, which nothing of ours could write again, become question marks.

    Raises:
        ValueError: it is none, or is nested too deeply.
    """
    try:
        value = json.loads(content.decode("utf-8-sig", "replace"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return _writable(value) if b"\\ud" in content.lower() else value


def _writable(value: Any) -> Any:
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case list():
            return [_writable(one) for one in value]
        case dict():
            return {_writable(key): _writable(one) for key, one in value.items()}
    return value


_ATTEMPTS = 10
"""Of each request to S3, about a minute in all: the waits double, from half a second on average."""


class _PatientS3(getattr(fs, "S3FileSystem", fs.FileSystem)):  # type: ignore[misc]  # untyped
    """S3 that may be away for a while, or ask for less haste; a small file is one request.

    By itself pyarrow gives up after six seconds, and what is sent to another process after the
    third attempt: pickling forgets the strategy. Hence a class.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        strategy = fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS)
        super().__init__(**options, retry_strategy=strategy)

    def __reduce__(self) -> tuple[Any, ...]:
        return _PatientS3, super().__reduce__()[1]


def _patient(filesystem: fs.FileSystem) -> fs.FileSystem:
    if not isinstance(filesystem, getattr(fs, "S3FileSystem", ())):
        return filesystem
    made_by: Any = filesystem.__reduce__()
    [options] = made_by[1]
    return _PatientS3(options | {"allow_delayed_open": True})


def _by_fsspec(uri: str) -> tuple[fs.FileSystem, str]:
    import fsspec

    try:
        filesystem, path = fsspec.core.url_to_fs(uri)
    except (ValueError, ImportError) as error:
        raise InputError(f"{uri}: not a folder this machine can open: {error}") from None
    return fs.PyFileSystem(fs.FSSpecHandler(filesystem)), path
