"""The report of a dataset, made from its folder alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import chain, islice, zip_longest
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

import cadvlm
from cadvlm.dataset import QUARANTINE_SCHEMA, SPLITS, Dataset
from cadvlm.reports import page
from cadvlm.storage import Folder

Row = dict[str, Any]

_SHOWN = 24
"""Samples in the gallery."""

_EXAMPLES = 3
"""Refusals shown for a reason."""

_OPERATIONS = 25
"""The commonest operations are shown, the others are added up."""


def write(folder: Folder) -> None:
    """Write ``report.html`` from ``manifest.json`` and the shards.

    Raises:
        InputError: there is no finished dataset in the folder.
    """
    dataset = Dataset(folder.uri)
    manifest = dataset.manifest
    statistics = manifest.get("statistics", {})
    books = manifest["sources"]
    operations = _operations(statistics.get("operations", {}))
    html = page.render(
        "dataset.html",
        kind="Dataset",
        title=page.title(folder.uri),
        facts=_facts(manifest),
        sections=_sections(books),
        version=cadvlm.__version__,
        read=sum(source["read"] for source in books.values()),
        written=sum(source["written"] for source in books.values()),
        quarantined=sum(source["quarantined"] for source in books.values()),
        totals=manifest["splits"],
        books=books,
        splits=_splits(dataset),
        refusals=_refusals(folder),
        operations=operations,
        most_uses=max((uses for _, uses in operations), default=0),
        charts=_charts(statistics),
        samples=list(_samples(dataset)),
    )
    folder.write("report.html", html)


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    versions = manifest.get("versions", {})
    kept = [(name, versions[name]) for name in ("cadvlm", "cadquery") if name in versions]
    return [("content", manifest["content_hash"][:12]), *kept]


def _sections(books: Mapping[str, Any]) -> list[tuple[str, str]]:
    refused = any(source["quarantined"] for source in books.values())
    return [
        ("books", "Books"),
        *([("quarantine", "Quarantine")] if refused else []),
        ("distributions", "Distributions"),
        ("gallery", "Gallery"),
    ]


def _splits(dataset: Dataset) -> list[Row]:
    """Samples of every source in every split."""
    counted: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SPLITS, 0))
    for split in SPLITS:
        if dataset.count(split):
            sources = dataset.read(split, ["source"])["source"]
            for row in pc.value_counts(sources).to_pylist():
                counted[row["values"]][split] = row["counts"]
    return [{"source": source, **counts} for source, counts in sorted(counted.items())]


def _refusals(folder: Folder) -> list[Row]:
    """Reasons, the commonest first, with examples."""
    refused = folder / "quarantine"
    paths = [refused.join(name) for name in refused.names(".parquet")]
    if not paths:
        return []
    table = pads.dataset(
        paths, schema=QUARANTINE_SCHEMA, filesystem=refused.filesystem, format="parquet"
    ).to_table()
    counted = table.group_by(["source", "stage", "reason"]).aggregate([([], "count_all")])
    groups: list[Row] = counted.sort_by([("count_all", "descending")]).to_pylist()
    for group in groups:
        same = [pc.equal(table[key], group[key]) for key in ("source", "stage", "reason")]
        members = table.filter(pc.and_(pc.and_(same[0], same[1]), same[2]))
        group["examples"] = members.slice(0, _EXAMPLES).select(["id", "detail"]).to_pylist()
    return groups


def _operations(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ranked[_OPERATIONS:])
    return ranked[:_OPERATIONS] + ([("others", rest)] if rest else [])


def _charts(statistics: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    from cadvlm.reports import plots

    titles = {"n_tokens": "Length of the program, in tokens", "n_faces": "Faces of the part"}
    return [
        (title, plots.counts(statistics[key], label=title.lower()))
        for key, title in titles.items()
        if statistics.get(key)
    ]


def _samples(dataset: Dataset) -> Iterator[Row]:
    """Samples for the gallery, from every source in turn and spread over its rows.

    They come from the smallest split that has enough, because a split is read with its pictures.
    """
    sizes = {split: dataset.count(split) for split in SPLITS}
    enough = [split for split in SPLITS if sizes[split] >= _SHOWN]
    split = min(enough, key=sizes.__getitem__) if enough else max(sizes, key=sizes.__getitem__)
    if not sizes[split]:
        return
    sources = dataset.read(split, ["source"])["source"].to_pylist()
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, source in enumerate(sources):
        places[source].append(place)
    spread = [members[:: max(1, len(members) // _SHOWN)] for members in places.values()]
    chosen = [place for place in chain.from_iterable(zip_longest(*spread)) if place is not None]
    columns = ["id", "source", "code", "n_tokens", "n_faces", "bbox", "images"]
    table: pa.Table = dataset.read(split, columns).take(sorted(islice(chosen, _SHOWN)))
    yield from table.to_pylist()
