"""Folders by URI, on the local disk, on S3 and on a filesystem that only fsspec knows."""

import pickle
import threading
import time
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cadvlm.errors import InputError
from cadvlm.storage import Folder
from tests.s3 import BUCKET, Storage, storage


@pytest.fixture(scope="module")
def s3() -> Iterator[Storage]:
    """A server of our own, whom this process's variables name."""
    with storage() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(params=["local", "with #odd %20 name", "memory", "s3"])
def folder(request, tmp_path) -> Folder:
    if request.param == "memory":
        return Folder(f"memory://{tmp_path.name}")
    if request.param == "s3":
        request.getfixturevalue("s3")
        return Folder(f"s3://{BUCKET}/{tmp_path.name}")
    return Folder(str(tmp_path / request.param))


def test_what_was_written_is_read(folder):
    folder.write("a/b.txt", "text")
    folder.write("c.bin", b"\x00\xff")
    folder.write_json("d.json", {"n": [1, None]})
    assert folder.read("a/b.txt") == b"text"
    assert folder.read("c.bin") == b"\x00\xff"
    assert folder.read_json("d.json") == {"n": [1, None]}


def test_second_write_replaces_the_first(folder):
    folder.write("a", "a long first text")
    folder.write("a", "short")
    assert folder.read("a") == b"short"


def test_names_are_sorted_relative_and_of_one_suffix(folder):
    for name in ("b.txt", "a.txt", "sub/c.txt", "d.json"):
        folder.write(name, "")
    assert folder.names() == ["a.txt", "b.txt", "d.json"]
    assert folder.names(".txt", recursive=True) == ["a.txt", "b.txt", "sub/c.txt"]
    assert (folder / "sub").names() == ["c.txt"]


def test_folder_that_is_not_there_is_empty(folder):
    assert not folder.exists()
    assert folder.names() == []


def test_write_leaves_no_other_file_behind(folder):
    folder.write("a", "x")
    assert folder.names(recursive=True) == ["a"]


def test_absent_file_and_broken_json_are_named(folder):
    with pytest.raises(InputError, match=r"absent\.txt: no such file"):
        folder.read("absent.txt")
    folder.write("broken.json", "{")
    with pytest.raises(InputError, match=r"broken\.json: not JSON"):
        folder.read_json("broken.json")


def test_upload_and_download_carry_a_tree(folder, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "sub").mkdir(parents=True)
    (here / "sub" / "x.txt").write_text("x")
    folder.upload(str(here))
    assert folder.read("sub/x.txt") == b"x"
    folder.download(str(there))
    assert (there / "sub" / "x.txt").read_text() == "x"


def test_relative_path_is_taken_from_where_we_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Folder("runs/x")
    monkeypatch.chdir("/")
    folder.write("a", "1")
    assert (tmp_path / "runs/x/a").read_text() == "1"


def test_unknown_kind_of_storage_is_named():
    with pytest.raises(InputError, match="nowhere://x"):
        Folder("nowhere://x")


def test_a_part_of_a_file_is_read_and_sizes_are_told(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"0123456789")
    folder = Folder(str(tmp_path))
    assert folder.read_range("a.bin", 3, 6) == b"345"
    assert folder.sizes(["a.bin", "b.bin"]) == [10, 0]
    with pytest.raises(InputError, match=r"b\.bin: no such file"):
        folder.read_range("b.bin", 0, 1)


def test_blocks_hold_every_byte_in_order(folder):
    folder.write("a.bin", bytes(range(256)))
    blocks = list(folder.blocks("a.bin", 100))
    assert [len(block) for block in blocks] == [100, 100, 56]
    assert b"".join(blocks) == bytes(range(256))
    with pytest.raises(InputError, match="no such file"):
        next(folder.blocks("b.bin", 100))


@pytest.fixture
def remote(s3, tmp_path) -> Iterator[Folder]:
    """A folder on S3, as a worker has it to whom it was sent; fine weather at both ends."""
    yield pickle.loads(pickle.dumps(Folder(f"s3://{BUCKET}/{tmp_path.name}")))
    s3.turn()


CONTENT = bytes(range(256)) * 4000


@pytest.mark.parametrize("weather", [{"busy": 3}, {"torn": 3}], ids=["busy", "torn"])
def test_requests_that_are_put_off_or_torn_are_made_again(s3, remote, weather):
    s3.turn(**weather)
    for number in range(4):
        remote.write(f"{number}.bin", CONTENT)
    assert all(remote.read(f"{number}.bin") == CONTENT for number in range(4))
    assert s3.told() > 2


def test_a_storage_that_is_away_for_some_seconds_is_waited_for(s3, remote):
    remote.write("a.bin", CONTENT)
    s3.turn(away=True)
    started = time.monotonic()
    threading.Timer(8, s3.turn).start()
    assert remote.read("a.bin") == CONTENT
    assert 8 < time.monotonic() - started < 60


def test_a_table_is_read_whole_in_bad_weather(s3, remote):
    table = pa.table({"id": range(20_000), "png": [CONTENT[:200]] * 20_000})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    remote.write("rows.parquet", sink.getvalue().to_pybytes())
    s3.turn(torn=4)
    read = pq.read_table(remote.join("rows.parquet"), filesystem=remote.filesystem)
    assert read == table


def test_who_is_not_let_in_is_told_at_once(s3, remote):
    remote.write("a.bin", CONTENT)
    s3.turn(denied="a.bin")
    started = time.monotonic()
    with pytest.raises(OSError, match="ACCESS_DENIED"):
        remote.read("a.bin")
    assert time.monotonic() - started < 5


def test_a_small_file_is_one_request(s3, remote):
    s3.turn()
    remote.write("a.txt", "x")
    assert s3.asked() == 1
