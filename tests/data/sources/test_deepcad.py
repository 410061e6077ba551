import io
import json

import h5py
import pytest

from cadvlm.data.sources.deepcad import SPLIT_FILE, parse
from cadvlm.data.sources.designs import listed, stem
from cadvlm.errors import InputError
from cadvlm.sequences.errors import Unreadable
from cadvlm.storage import Folder
from tests.data.sources.reading import parts, reasons, rows, settings, units
from tests.sequences.onshape import prism, square

DISC = [
    [4, *[-1] * 16],
    [2, 128, 128, -1, -1, 64, *[-1] * 11],
    [5, *[-1] * 5, *[128] * 6, 64, 192, 128, 0, 0],
    [3, *[-1] * 16],
]


@pytest.fixture
def data(tmp_path):
    """The dataset as it ships, with three parts, one of them broken."""
    for name in ("0000/00000007", "0000/00000011", "0042/00420001"):
        path = tmp_path / "cad_json" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{" if name.endswith("11") else prism(square(0.01)))
        vector = tmp_path / "cad_vec" / f"{name}.h5"
        vector.parent.mkdir(parents=True, exist_ok=True)
        vector.write_bytes(stored())
    split = {"train": ["0000/00000007", "0042/00420001"], "validation": [], "test": ["0000/x"]}
    (tmp_path / "train_val_test_split.json").write_text(json.dumps(split))
    return tmp_path


def stored() -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as tree:
        tree.create_dataset("vec", data=DISC)
    return file.getvalue()


def test_every_design_is_a_part_or_a_refusal(data):
    found = rows("deepcad", data / "cad_json")
    assert reasons(found) == {"00000011": "corrupt_json"}
    assert set(parts(found)) == {"00000007", "00420001"}
    part = found["00000007"]
    assert (part.source, part.ours, part.images, part.prompt) == ("deepcad", True, None, None)
    assert part.program.operations
    assert json.loads(part.sequence)


def test_vectors_are_read_as_well(data):
    found = rows("deepcad", data / "cad_vec", {"style": "verbatim"})
    assert len(parts(found)) == 3
    assert ".circle(" in found["00000007"].program.code


def test_a_subset_is_what_the_split_file_puts_there(data):
    assert set(rows("deepcad", data / "cad_json", subset="train")) == {"00000007", "00420001"}
    there = str(data / "train_val_test_split.json")
    chosen = rows("deepcad", data / "cad_vec", subset="train", split_file=there, limit=1)
    assert set(chosen) == {"00000007"}
    for subset in ("validation", "test"):
        with pytest.raises(InputError, match=f"holds nothing of {subset}"):
            units("deepcad", data / "cad_json", subset=subset)


def test_the_data_may_lie_on_other_storage(data):
    Folder("memory://deepcad").upload(str(data))
    found = rows("deepcad", "memory://deepcad/cad_json", subset="train")
    assert set(parts(found)) == {"00000007", "00420001"}


def test_both_kinds_at_once_are_refused(data):
    with pytest.raises(InputError, match="cad_json or cad_vec"):
        units("deepcad", data)


def test_shards_take_so_many_files_and_stop_at_the_limit(data):
    assert [len(items) for items in units("deepcad", data / "cad_json")] == [2, 1]
    assert [len(items) for items in units("deepcad", data / "cad_json", limit=2)] == [2]


def test_of_the_real_shard_only_designs_without_an_extrude_are_refused(real_data):
    [source] = settings("deepcad", real_data / "deepcad" / "cad_json", {}).sources
    names = listed(source, SPLIT_FILE, ".json")
    assert len(names) == 1322
    refused = {}
    for name in names:
        try:
            parse(name, (real_data / "deepcad" / "cad_json" / name).read_bytes())
        except Unreadable as error:
            refused[stem(name)] = error.reason
    assert refused == dict.fromkeys(("00015442", "00017389", "00019468"), "no_extrude")
