"""Folders by URI, on the local disk and on a filesystem that only fsspec knows."""

import pytest

from cadvlm.errors import InputError
from cadvlm.storage import Folder


@pytest.fixture(params=["local", "with #odd %20 name", "memory"])
def folder(request, tmp_path) -> Folder:
    if request.param == "memory":
        return Folder(f"memory://{tmp_path.name}")
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
