"""The books of a finished dataset: where every row came from, under which licence, and what it is.

Made from the receipts of its shards alone.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import cadvlm
from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.excluded import Excluded
from cadvlm.data.receipts import COUNTS, STATISTICS, Receipt, added
from cadvlm.data.sources import reader
from cadvlm.dataset import SPLITS
from cadvlm.errors import RunFailed

_PACKAGES = ("ray", "cadquery", "pyarrow")


def manifest(
    config: PrepareConfig,
    receipts: Mapping[int, Iterable[Receipt]],
    sets: Iterable[Excluded],
) -> dict[str, Any]:
    """The content of ``manifest.json``.

    Args:
        config: what was asked for.
        receipts: those of each source, by its number, in the order of its shards.
        sets: the evaluation sets that rows were compared with.

    Raises:
        RunFailed: the books of a source do not balance.
    """
    totals = {number: added(some) for number, some in receipts.items()}
    books = {
        config.labels[number]: _account(source, totals[number])
        for number, source in enumerate(config.sources)
    }
    for name, account in books.items():
        if account["read"] != account["written"] + account["quarantined"]:
            raise RunFailed(f"{name}: rows were lost: {account}")
    whole = added(totals.values())
    return {
        "config": config.model_dump(mode="json"),
        "versions": {
            "cadvlm": cadvlm.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
        "splits": {split: whole["splits"].get(split, 0) for split in SPLITS},
        "sources": books,
        "licences": sorted({account["licence"] for account in books.values()}),
        "excluded": {
            one.path: {"parts": len(one.keys.splits), "unmeasured": one.unmeasured} for one in sets
        },
        "statistics": {key: whole[key] for key in STATISTICS},
        "content_hash": whole["content"],
    }


def _account(source: SourceConfig, total: Receipt) -> dict[str, Any]:
    """One source's books: read = written + quarantined."""
    stated = reader(source.name).LICENCE if source.licence is None else source.licence
    return {
        "reader": source.name,
        "path": source.path,
        "licence": stated or "not stated",
        "weight": source.weight,
        **{key: total[key] for key in COUNTS},
        "splits": {split: total["splits"].get(split, 0) for split in SPLITS},
        "stages": total["stages"],
        "reasons": total["reasons"],
        "statistics": {key: total[key] for key in STATISTICS},
    }
