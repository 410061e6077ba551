"""Whatever is in a file, it is read, or refused with a reason."""

import io
import json
import warnings
import zipfile
from contextlib import suppress

import h5py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadvlm.data.sources.photos import Photos
from cadvlm.errors import InputError
from cadvlm.sequences.errors import Unreadable
from tests.data.sources.reading import parts, reasons, rows
from tests.fuzz.damage import damaged
from tests.fuzz.examples import examples
from tests.fuzz.readers import READERS, seeds

SEEDS = seeds()


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_is_read(name):
    READERS[name](SEEDS[name])


@pytest.mark.parametrize("name", READERS)
def test_any_other_file_is_read_or_refused(name):
    @examples(60)
    @given(damaged(SEEDS[name]))
    def check(content: bytes) -> None:
        with suppress(InputError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders wonder aloud
            READERS[name](content)

    check()


@pytest.mark.parametrize("value", [1e300, "12", [1.0], None, float("nan"), 10**400])
def test_a_design_with_nonsense_for_a_number_is_refused(value):
    tree = json.loads(SEEDS["deepcad"])
    tree["entities"]["s"]["transform"]["origin"]["x"] = value
    with pytest.raises(Unreadable):
        READERS["deepcad"](json.dumps(tree).encode())


def test_vectors_that_claim_endless_rows_take_no_memory():
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_dataset("vec", shape=(10**9, 17), dtype="i4", chunks=(1024, 17))
    with pytest.raises(Unreadable, match="1000000000"):
        READERS["cadvec"](content.getvalue())


def test_a_table_in_another_encoding_keeps_its_rows(tmp_path):
    table = [{"deepcad_id": "7", "prompt": "Bo?te", "cadquery": "x = 1"}]
    path = tmp_path / "table.json"
    path.write_bytes(json.dumps(table).encode().replace(b"?", b"\xee"))
    [row] = parts(rows("gencad", path, pictures="drawn")).values()
    assert row.prompt == "Bo\N{REPLACEMENT CHARACTER}te"


def test_half_a_character_can_be_written_down(tmp_path):
    path = tmp_path / "table.jsonl"
    path.write_text(json.dumps({"id": "a", "prompt": "cut \ud83d", "code": "x = 1"}) + "\n")
    [row] = parts(rows("scripts", path)).values()
    assert row.prompt == "cut ?"


def test_a_table_nested_without_end_is_refused(tmp_path):
    deep = "[" * 100_000 + "]" * 100_000
    path = tmp_path / "table.json"
    path.write_text(f"[{deep}]")
    with pytest.raises(InputError, match="nested too deeply"):
        rows("scripts", path)
    lines = tmp_path / "table.jsonl"
    lines.write_text(deep + "\n")
    assert list(reasons(rows("scripts", lines)).values()) == ["corrupt_json"]


def test_a_damaged_parquet_file_is_refused_or_loses_only_its_damaged_rows(tmp_path):
    good = SEEDS["parquet table"]
    path = tmp_path / "table.parquet"
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(InputError, match=r"table\.parquet"):
        rows("gencad", path)
    path.write_bytes(good[:4] + b"\0" * 200 + good[204:])
    found = rows("gencad", path)
    assert len(found) == 2
    assert "corrupt_parquet" in reasons(found).values()


def test_an_encrypted_archive_is_a_broken_picture(tmp_path):
    path = tmp_path / "images.zip"
    content = bytearray(SEEDS["zip"])
    central = content.index(b"PK\x01\x02")
    content[6] |= 1  # both headers say that it is encrypted
    content[central + 8] |= 1
    path.write_bytes(content)
    assert zipfile.ZipFile(path).infolist()[0].flag_bits & 1
    with pytest.raises(Unreadable, match="encrypted"):
        Photos(str(path)).read("part.png")


@pytest.mark.parametrize("name", ["a\0b", "\ud83d", "x" * 5000])
def test_a_picture_with_a_name_that_no_disk_knows_is_missing(tmp_path, name):
    with pytest.raises(Unreadable) as caught:
        Photos(str(tmp_path)).read(name)
    assert caught.value.reason == "missing_picture"


def test_a_message_does_not_grow_with_what_it_is_about():
    doubled = "a = [1]\n" + "a = [a, a]\n" * 60
    with pytest.raises(Unreadable) as caught:
        READERS["openecad"](f"{doubled}b = a + 1\n".encode())
    assert len(str(caught.value)) < 200


@given(st.text(max_size=40))
@examples(60)
def test_any_id_and_code_are_predictions_or_refused(text):
    READERS["predictions"](json.dumps({"id": f"a{text}", "code": text}).encode())
