"""A disk that is full in the middle of preparation: one line, nothing broken, and it goes on."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cadvlm.config.data import PrepareConfig
from cadvlm.data.pipeline import prepare
from cadvlm.data.staging import Staging
from cadvlm.errors import RunFailed
from cadvlm.storage import Folder

pytestmark = [
    pytest.mark.ray,
    pytest.mark.proof,
    pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own size takes root"),
]


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A small one."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_preparation_on_a_full_disk_stops_and_goes_on_when_there_is_room(disk, ray_session):
    config = PrepareConfig.parse(
        {
            "sources": [{"name": "synthetic", "limit": 48}],
            "out": str(disk),
            "pictures": {"size": 64},
            "shard_rows": 2,
        }
    )
    with pytest.raises(RunFailed, match=r"No space left on device.*the same command goes on"):
        prepare(config)
    kept = Staging(Folder(config.out)).names()
    assert 0 < len(kept) < 24
    assert not list(disk.rglob("*.tmp"))

    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    [books] = prepare(config)["sources"].values()
    assert books["read"] == 48 == books["written"] + books["quarantined"]
