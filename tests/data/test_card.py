import io

import pytest
import yaml
from PIL import Image

from cadvlm.data.card import card, hub_licence
from tests.training import samples

MANIFEST = {
    "splits": {"train": 20, "val": 0, "test": 4},
    "licences": ["Apache-2.0", "Onshape public documents"],
    "config": {"tokenizer": None},
    "sources": {
        "squares": {"read": 25, "written": 24, "quarantined": 0, "licence": "Apache-2.0"},
    },
}


def test_datasets_opens_the_folder_with_its_pictures(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    folder, cache = tmp_path / "parts", str(tmp_path / "cache")
    samples.write(folder, train=20, test=4)
    (folder / "README.md").write_text(card(MANIFEST, "parts"))
    opened = datasets.load_dataset(str(folder), cache_dir=cache)
    assert {name: split.num_rows for name, split in opened.items()} == {"train": 20, "test": 4}
    row = opened["train"][3]
    assert row["code"] == samples.code(7)
    [image] = row["images"]
    assert image["png"].size == (samples.SIZE, samples.SIZE)
    files = str(folder / "train" / "*.parquet")
    plain = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
    assert plain.num_rows == 20
    assert Image.open(io.BytesIO(plain[3]["images"][0]["png"])).size == image["png"].size


def test_the_card_names_sources_and_licences():
    text = card(MANIFEST, "parts")
    front = yaml.safe_load(text.split("---")[1])
    assert front["license"] == ["apache-2.0", "other"]
    assert front["size_categories"] == ["n<1K"]
    assert "| squares | 25 | 24 | 0 | Apache-2.0 |" in text


@pytest.mark.parametrize(
    ("name", "known"),
    [("CC BY-NC-SA 4.0", "cc-by-nc-sa-4.0"), ("MIT", "mit"), ("ask the owner", "other")],
)
def test_licences_are_called_what_the_hub_calls_them(name, known):
    assert hub_licence(name) == known
