"""The report of a dataset, made from its folder alone, however large that is.

All figures are in the manifest. Of the rows it reads the short columns of a few shards, and the
pictures of those few rows that are shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
from markupsafe import Markup

import cadvlm
from cadvlm.dataset import QUARANTINE_SCHEMA, SPLITS, Dataset
from cadvlm.reports import page, program
from cadvlm.storage import Folder

Row = dict[str, Any]

_SHOWN = 24
"""Samples in the gallery, shared by the sources; each has at least :data:`_LEAST`."""

_LEAST = 4

_FILES = 4
"""Shards of a source and a split that are looked through for samples to show."""

_EXAMPLES = 3
"""Refusals shown for a reason."""

_OPERATIONS = 24
"""The commonest operations are shown, the others are added up."""

_STAGES = {
    "read": "what is there cannot be read",
    "convert": "cannot be written as a program",
    "execute": "its program does not leave a valid solid",
    "compare": "its program builds another part",
    "render": "cannot be drawn",
    "filter": "sound, and not wanted",
}
"""What it means to be refused there."""

_REASONS = {
    "duplicate": "a row before it has its shape",
    "contamination": "an evaluation set has its shape",
    "too_long": "has more tokens than a model is to learn",
    "crash": "took its process down, each time",
}

_UNWANTED = {"duplicate": "repeated", "contamination": "unwanted", "too_long": "unwanted"}
"""How parts are coloured that were refused for no fault of theirs; the others are at fault."""

_CHARTS = {
    "n_tokens": "Length of the program, in tokens",
    "n_faces": "Faces of the part",
    "n_operations": "Operations of the program",
}


def write(folder: Folder) -> None:
    """Write ``report.html`` from ``manifest.json`` and the shards.

    Raises:
        InputError: there is no finished dataset in the folder.
    """
    dataset = Dataset(folder.uri)
    manifest = dataset.manifest
    books: dict[str, Row] = manifest["sources"]
    operations = _operations(manifest["statistics"]["operations"])
    refusals = _refusals(folder)
    html = page.render(
        "dataset.html",
        kind="Dataset",
        title=page.title(folder.uri),
        facts=_facts(manifest),
        sections=_sections(refused=bool(refusals)),
        version=cadvlm.__version__,
        totals={key: sum(account[key] for account in books.values()) for key in _TOTALS},
        splits=manifest["splits"],
        reasons=sum((Counter(account["reasons"]) for account in books.values()), Counter()),
        sources=[_source(name, account) for name, account in books.items()],
        excluded=manifest["excluded"],
        refusals=refusals,
        operations=operations,
        most_uses=max((uses for _, uses in operations), default=0),
        charts=_charts(books),
        gallery=_gallery(dataset),
    )
    folder.write("report.html", html)


_TOTALS = ("read", "written", "quarantined")


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    config, versions = manifest["config"], manifest["versions"]
    return [
        ("code", f"{config['style']} {config['language']}"),
        ("tokens", config["tokenizer"] or "Python's own"),
        ("content", manifest["content_hash"][:12]),
        *((name, versions[name]) for name in ("cadvlm", "cadquery")),
    ]


def _sections(refused: bool) -> list[tuple[str, str]]:
    return [
        ("books", "Books"),
        ("gallery", "Parts"),
        ("distributions", "Distributions"),
        *([("quarantine", "Quarantine")] if refused else []),
    ]


class Flow(NamedTuple):
    """Some of the rows of a source, as a piece of its bar."""

    name: str
    rows: int
    share: float
    """Of all that was read."""
    kind: str
    """Its class in ``style.css``: the split, or ``repeated``, ``unwanted`` or ``fault``."""


def _source(name: str, account: Row) -> Row:
    """What a source's card shows."""
    kept = [(split, account["splits"][split], split) for split in SPLITS]
    refused = [
        (reason.replace("_", " "), count, _UNWANTED.get(reason, "fault"))
        for reason, count in account["reasons"].items()
    ]
    flows = [
        Flow(what, count, count / account["read"], kind)
        for what, count, kind in (*kept, *refused)
        if count
    ]
    return {**account, "name": name, "flows": flows, "builds": _builds(account)}


def _builds(account: Row) -> float | None:
    """Share of the programs and shapes that leave a valid solid, of all that were tried."""
    stages, too_long = account["stages"], account["reasons"].get("too_long", 0)
    tried = account["read"] - stages.get("read", 0) - stages.get("convert", 0) - too_long
    return 1 - stages.get("execute", 0) / tried if tried > 0 else None


def _refusals(folder: Folder) -> list[Row]:
    """Reasons, the commonest first, with how many of which source and some examples."""
    refused = folder / "quarantine"
    paths = [refused.join(name) for name in refused.names(".parquet")]
    if not paths:
        return []
    table = pads.dataset(
        paths, schema=QUARANTINE_SCHEMA, filesystem=refused.filesystem, format="parquet"
    ).to_table(columns=["source", "stage", "reason", "id", "__filename"])
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for batch in table.to_batches():
        for row in batch.to_pylist():
            key = row["stage"], row["reason"]
            counts[key][row["source"]] += 1
            # One of each source in turn: a source's first is an example before another's second.
            if counts[key][row["source"]] <= _EXAMPLES:
                groups[key].append(row)
    ranked = sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))
    return [
        {
            "stage": stage,
            "reason": reason,
            "meaning": _REASONS.get(reason, _STAGES.get(stage, "")),
            "count": sources.total(),
            "share": sources.total() / table.num_rows,
            "sources": sources.most_common(),
            "examples": [_example(refused, row) for row in _in_turn(groups[stage, reason])],
        }
        for (stage, reason), sources in ranked
    ]


def _in_turn(rows: Sequence[Row]) -> list[Row]:
    """The first few rows, the sources taking turns."""
    seen: Counter[str] = Counter()
    turns = []
    for place, row in enumerate(rows):
        turns.append((seen[row["source"]], place))
        seen[row["source"]] += 1
    return [rows[place] for _, place in sorted(turns)[:_EXAMPLES]]


def _example(folder: Folder, row: Row) -> Row:
    """A refusal with all that is known of it."""
    same = [(key, "=", row[key]) for key in ("source", "stage", "reason", "id")]
    whole = pq.read_table(row["__filename"], filesystem=folder.filesystem, filters=same)
    [example, *_] = whole.to_pylist()
    lines = program.lines(example["code"], example["detail"]) if example["code"] else []
    return {**example, "lines": lines}


def _operations(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ranked[_OPERATIONS:])
    return ranked[:_OPERATIONS] + ([("others", rest)] if rest else [])


def _charts(books: Mapping[str, Row]) -> list[tuple[str, Markup]]:
    from cadvlm.reports import plots

    charts = []
    for key, title in _CHARTS.items():
        counted = {name: account["statistics"][key] for name, account in books.items()}
        if any(counted.values()):
            charts.append((title, plots.counts(counted, label=title.lower())))
    return charts


def _gallery(dataset: Dataset) -> list[Row]:
    """Samples of every source, from simple to complex."""
    books = dataset.manifest["sources"]
    most = max(_LEAST, _SHOWN // max(1, len(books)))
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in _candidates(dataset):
        found[row["source"]].append(row)
    return [
        {
            "source": name,
            "licence": account["licence"],
            "written": account["written"],
            "samples": [_sample(dataset.folder, row) for row in _spread(found[name], most)],
        }
        for name, account in books.items()
        if found[name]
    ]


def _candidates(dataset: Dataset) -> Iterator[Row]:
    """Rows of some shards of every source and split, without what is long in them."""
    columns = ["id", "source", "n_tokens", "n_faces"]
    for split in SPLITS:
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for name in (dataset.folder / split).names(".parquet"):
            groups[name.rpartition("-")[0]].append(name)
        for names in groups.values():
            for name in names[:: -(-len(names) // _FILES)]:
                path = dataset.folder.join(f"{split}/{name}")
                table = pq.read_table(path, columns=columns, filesystem=dataset.folder.filesystem)
                for place, row in enumerate(table.to_pylist()):
                    yield {**row, "path": path, "place": place}


def _spread(rows: Sequence[Row], most: int) -> list[Row]:
    """At most so many rows, evenly from the shortest program to the longest."""
    ranked = sorted(rows, key=lambda row: (row["n_tokens"], row["n_faces"] or 0, row["id"]))
    count = min(most, len(ranked))
    return [ranked[place * (len(ranked) - 1) // max(1, count - 1)] for place in range(count)]


def _sample(folder: Folder, row: Row) -> Row:
    """A row with what is long in it."""
    columns = ["prompt", "code", "plan", "language", "images"]
    table: pa.Table = pq.read_table(row["path"], columns=columns, filesystem=folder.filesystem)
    [rest] = table.slice(row["place"], 1).to_pylist()
    return {**row, **rest, "lines": program.lines(rest["code"]) if rest["code"] else []}
