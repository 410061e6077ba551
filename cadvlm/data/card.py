"""The dataset's card: ``README.md`` with the front matter that the Hugging Face hub reads.

With it the folder can be pushed as it is, and ``datasets.load_dataset(FOLDER)`` opens its splits
with the pictures decoded: the front matter names the files of each split and the type of each
column. The format: https://huggingface.co/docs/hub/datasets-manual-configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import yaml

from cadvlm.dataset import QUARANTINE_SCHEMA, SAMPLE_SCHEMA

_SPLITS = {"train": "train", "val": "validation", "test": "test"}
"""What the hub calls them."""

_SIZES = {1e3: "n<1K", 1e4: "1K<n<10K", 1e5: "10K<n<100K", 1e6: "100K<n<1M", 1e7: "1M<n<10M"}

_LICENCES = {
    "apache-2.0", "bsd-3-clause", "cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0", "cc-by-sa-4.0", "mit",
}  # fmt: skip
"""Those of CAD's data that the hub has a name for."""

_PICTURES = ("png", "picture")
"""Columns of bytes that are pictures."""


def card(manifest: Mapping[str, Any], title: str) -> str:
    """The content of ``README.md``."""
    front = yaml.safe_dump(_front(manifest, title), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n{_text(manifest, title)}"


def hub_licence(name: str) -> str:
    """A licence as the hub calls it: ``CC BY 4.0`` is ``cc-by-4.0``; ``other`` if it does not."""
    known = name.lower().replace(" ", "-")
    return known if known in _LICENCES else "other"


def _front(manifest: Mapping[str, Any], title: str) -> dict[str, Any]:
    splits = {split: count for split, count in manifest["splits"].items() if count}
    refused = any(books["quarantined"] for books in manifest["sources"].values())
    total = sum(splits.values())
    data = [_files(_SPLITS[split], split) for split in splits]
    return {
        "pretty_name": title,
        "license": sorted({hub_licence(name) for name in manifest["licences"]}),
        "license_name": "; ".join(manifest["licences"]),
        "task_categories": ["image-to-text"],
        "tags": ["cad", "code", "cadquery"],
        "size_categories": [next((s for most, s in _SIZES.items() if total < most), "n>10M")],
        "configs": [
            *([{"config_name": "default", "data_files": data}] if data else []),
            *(
                [{"config_name": "quarantine", "data_files": [_files("quarantine", "quarantine")]}]
                if refused
                else []
            ),
        ],
        "dataset_info": [
            {"config_name": "default", "features": _features(SAMPLE_SCHEMA)},
            {"config_name": "quarantine", "features": _features(QUARANTINE_SCHEMA)},
        ],
    }


def _files(split: str, folder: str) -> dict[str, str]:
    return {"split": split, "path": f"{folder}/*.parquet"}


def _features(schema: pa.Schema) -> list[dict[str, Any]]:
    return [_feature(field) for field in schema]


def _feature(field: pa.Field) -> dict[str, Any]:
    kind = field.type
    if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        return {"name": field.name, "list": [_feature(inner) for inner in kind.value_type]}
    if pa.types.is_list(kind):
        return {"name": field.name, "list": _word(field.name, kind.value_type)}
    return {"name": field.name, "dtype": _word(field.name, kind)}


def _word(name: str, kind: pa.DataType) -> str:
    if name in _PICTURES:
        return "image"
    return "float64" if pa.types.is_float64(kind) else str(kind)


def _text(manifest: Mapping[str, Any], title: str) -> str:
    config, books = manifest["config"], manifest["sources"]
    total = sum(manifest["splits"].values())
    rows = "\n".join(
        f"| {name} | {account['read']:,} | {account['written']:,} | {account['quarantined']:,} | "
        f"{account['licence']} |"
        for name, account in books.items()
    )
    splits = ", ".join(f"{count:,} {split}" for split, count in manifest["splits"].items())
    counted = config["tokenizer"] or "Python's own lexical tokens"
    return f"""# {title}

{total:,} mechanical parts as pictures and code ({splits}), made by cadvlm's `jobs.prepare`.
`report.html` shows them, `manifest.json` has the settings and all figures.

| source | read | written | quarantined | licence |
| --- | ---: | ---: | ---: | --- |
{rows}

Everything that was read is a row of a split, or of `quarantine/` with the reason. The licences are
those of the sources, and each holds for the rows whose `source` it stands beside.

```python
from datasets import load_dataset

parts = load_dataset("FOLDER", split="train")
parts[0]["images"][0]["png"], parts[0]["code"]
```

| column | |
| --- | --- |
| `id`, `source`, `split` | which part, where from, and what for; equal shapes share a split |
| `prompt`, `images` | the question; an image is `view`, `style`, `width`, `height`, `png` |
| `plan`, `code`, `language` | the answer |
| `operations`, `n_tokens` | what the code does, in order, and how long it is ({counted}) |
| `plain_instead` | whether the code is plain because the concise form built another solid |
| `sequence` | the construction sequence as JSON, where the source has one |
| `n_faces`, `volume`, `bbox` | of the solid, in units of the code |
| `shape_key` | six measures that equal shapes share, wherever they lie and however large they are |
| `shape`, `shape_kind` | the file of a part without code |
"""
