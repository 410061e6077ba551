from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from starlette.datastructures import FormData, UploadFile

from cadvlm.storage import Folder
from serve.config import TrainingConfig
from serve.errors import Refused
from serve.upload import Upload, keep, read
from tests.serve.designs import STEP, archive, plate

CONFIG = TrainingConfig(max_upload_mb=0.5, max_files=3)


def _kept(data: bytes, folder: Path) -> Upload:
    form = FormData([("archive", UploadFile(io.BytesIO(data), filename="parts.zip"))])
    return keep("parts", asyncio.run(read(form, CONFIG)), Folder(str(folder)))


def test_good_files_are_kept_and_bad_ones_told(tmp_path: Path) -> None:
    files = {"a/b.json": plate(), "c.step": STEP, "d.step": b"no"}
    kept = _kept(archive(files), tmp_path / "parts")
    assert kept.accepted == 2
    assert [(one.file, "ISO-10303-21" in one.reason) for one in kept.refused] == [("d.step", True)]
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert names == ["parts/a/b.json", "parts/c.step"]


@pytest.mark.parametrize(
    "name", ["../a.json", "/a.json", "a/../../b.json", "C:\\a.json", ".a.json"]
)
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    kept = _kept(archive({name: plate(), "good.json": plate()}), tmp_path / "in" / "parts")
    assert [one.reason.partition(" ")[0] for one in kept.refused] == ["its"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["good.json"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"PK\5\6" + bytes(18), 422),
        (archive({"a.json": plate()})[:-30], 400),
        (archive({"a.json": bytes(3 << 20)}), 413),
        (archive({f"{n}.json": plate() for n in range(4)}), 413),
        (archive({"a.txt": b"words"}), 422),
    ],
    ids=["nothing", "no entries", "cut", "a bomb", "too many files", "no design"],
)
def test_an_archive_that_cannot_be_used_is_refused(
    tmp_path: Path, data: bytes, status: int
) -> None:
    with pytest.raises(Refused) as refusal:
        _kept(data, tmp_path)
    assert refusal.value.status == status


def test_an_entry_that_is_damaged_is_refused(tmp_path: Path) -> None:
    data = bytearray(archive({"a.json": plate()}))
    data[60] ^= 0xFF
    with pytest.raises(Refused) as refusal:
        _kept(bytes(data), tmp_path)
    assert refusal.value.status == 400
