"""A suite of probes: prompts about operations that a training set lacks.

What it lacks follows from its own programs: the share of them that call an operation. Parts that
are about the operations it lacks are then drawn from families that say what they are about, half of
them asked for in words and half by a picture, drawn as the training set's are. A folder of a suite
holds ``probes.parquet`` and ``suite.json``; it is made once, and asked of as many models as are to
be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cadvlm.config.data import PictureConfig
from cadvlm.config.probes import ProbesConfig
from cadvlm.dataset import Dataset
from cadvlm.errors import RunFailed
from cadvlm.evaluation.claim import content_hash
from cadvlm.evaluation.pool import actors, available, chunks, spread
from cadvlm.evaluation.probes.judge import Draft, Maker
from cadvlm.evaluation.shards import write
from cadvlm.progress import Progress, warn
from cadvlm.records import TEXT
from cadvlm.scoring.compactness import calls
from cadvlm.sequences import synthetic
from cadvlm.sequences.synthetic import words
from cadvlm.storage import Folder

SUITE, PROBES = "suite.json", "probes.parquet"

PROBE_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("id", "operation", "kind", "prompt", "code", "mark"), pa.string()),
        "pictures": pa.list_(pa.binary()),
    }
)
"""One prompt: ``kind`` is text, picture or caption. ``code`` is a program that answers it, or a
caption; ``mark`` is a :class:`cadvlm.scoring.operations.Mark` as JSON, which a caption has not."""

CALLS: dict[str, frozenset[str]] = {
    "mirror": frozenset({"mirror", "mirrorX", "mirrorY"}),
    "linear pattern": frozenset({"rarray"}),
    "polar pattern": frozenset({"polarArray", "parray"}),
    "hole": frozenset({"hole", "cboreHole", "cskHole"}),
    "assembly": frozenset({"Assembly"}),
}
"""The calls of an operation, where they have another name than it."""

_READ = 5000
"""Programs that are read to know what a training set has: a share of 1 % is then known to within
0.3 %."""

_DRAFTS_PER_CALL = 8

_TRIES = 20
"""Parts that are drawn for one that is not in the suite yet."""


class Suite(NamedTuple):
    """A suite that is there."""

    probes: list[dict[str, Any]]
    """Rows after :data:`PROBE_SCHEMA`."""
    summary: dict[str, Any]
    """What was found in the training set, and what is asked."""

    @classmethod
    def open(cls, uri: str) -> Suite:
        """Read a suite's folder.

        Raises:
            InputError: there is none.
        """
        folder = Folder(uri)
        summary = folder.read_json(SUITE)
        return cls(pq.read_table(pa.BufferReader(folder.read(PROBES))).to_pylist(), summary)


def make(config: ProbesConfig, dataset: str, out: str) -> Suite:
    """Make the suite for a training set, or find that it is there. Needs a Ray session.

    Raises:
        InputError: the dataset is not there, or has no programs.
        RunFailed: not even the parts themselves could be built.
    """
    folder, trained = Folder(out), Dataset(dataset)
    made_for = {
        "settings": config.model_dump(mode="json", exclude={"generation", "limits"}),
        "dataset": content_hash(dataset),
    }
    if folder.exists(SUITE) and folder.read_json(SUITE)["made_for"] == made_for:
        return Suite.open(out)
    shares = found(trained)
    wanted = [name for name, share in shares.items() if share < config.rare]
    if not wanted:
        warn(f"{dataset}: its programs have every operation that can be probed; all are probed")
    rows = _built(config, trained, list(_drafts(config, wanted or list(shares))))
    rows += _captions(config)
    summary = {
        "made_for": made_for,
        "training_set": dataset,
        "shares": shares,
        "lacking": wanted,
        "asked": Counter(f"{row['operation']}, {row['kind']}" for row in rows),
    }
    write(folder, PROBES, pa.Table.from_pylist(rows, schema=PROBE_SCHEMA))
    folder.write_json(SUITE, summary)
    return Suite(rows, summary)


def found(dataset: Dataset) -> dict[str, float]:
    """The share of the training programs that have each operation, of those that can be probed."""
    has_code = pc.field("code").is_valid() & (pc.field("language") != TEXT)
    every = max(1, dataset.count("train") // _READ)
    read, counted = 0, Counter[str]()
    operations = {told.operation for told in words.TOLD.values()}
    for batch in dataset.batches("train", ["code"], 4096, has_code):
        for code in batch["code"].to_pylist()[::every]:
            called = set(calls(code))
            counted.update(name for name in operations if called & CALLS.get(name, {name}))
            read += 1
    return {name: counted[name] / max(1, read) for name in sorted(operations)}


def _drafts(config: ProbesConfig, operations: Sequence[str]) -> Iterator[Draft]:
    """Distinct parts of every operation in equal numbers, by turns in words and as a picture."""
    for place, operation in enumerate(operations):
        number = len(operations)
        count = config.count * (place + 1) // number - config.count * place // number
        families = [name for name, told in words.TOLD.items() if told.operation == operation]
        drawn = (
            synthetic.part(f"probes-{config.seed}", index, families)
            for index in range(_TRIES * count)
        )
        fresh = {program.code: (family, program) for family, program in drawn}
        for nth, (family, program) in enumerate(islice(fresh.values(), count)):
            yield Draft(
                id=f"{operation.replace(' ', '-')}-{nth:03}",
                operation=operation,
                kind="picture" if (place + nth) % 2 else "text",
                prompt=words.prompt(family, program),
                program=program,
                plain=words.without(family, program),
            )


def _built(config: ProbesConfig, dataset: Dataset, drafts: list[Draft]) -> list[dict[str, Any]]:
    """The rows of those parts that build and bear a mark, which all of them should."""
    settings = dataset.manifest["config"]
    rows: dict[str, dict[str, Any] | None] = {}
    look = PictureConfig.parse(settings["pictures"]), settings["prompt"]
    makers = min(available("CPU"), -(-len(drafts) // _DRAFTS_PER_CALL))
    with (
        actors(Maker, makers, config.limits, *look, cpus=1.0) as pool,
        Progress("make probes", len(drafts), "probes") as progress,
    ):
        for batch, made in spread(pool, "make", chunks(drafts, _DRAFTS_PER_CALL)):
            made = made or [None] * len(batch)
            rows |= dict(zip((draft.id for draft in batch), made, strict=True))
            progress.advance(len(batch))
    kept = [row for draft in drafts if (row := rows[draft.id])]
    if len(kept) < len(drafts) / 2:
        raise RunFailed(f"only {len(kept)} of {len(drafts)} parts of the probes could be built")
    if lost := len(drafts) - len(kept):
        warn(f"{lost} of {len(drafts)} probes are left out: their parts do not build here")
    return kept


def _captions(config: ProbesConfig) -> list[dict[str, Any]]:
    if config.captions is None:
        return []
    rows: list[Mapping[str, Any]] = []
    columns = ["id", "prompt", "images", "code"]
    for batch in Dataset(config.captions).batches(
        "test", columns, 256, pc.field("language") == TEXT
    ):
        rows += batch.to_pylist()
    if not rows:
        warn(f"{config.captions}: holds no captions to test with; no perplexity is measured")
    return [
        {
            "id": row["id"],
            "operation": "caption",
            "kind": "caption",
            "prompt": row["prompt"],
            "code": row["code"],
            "pictures": [image["png"] for image in row["images"]],
        }
        for row in rows[: config.n_captions]
    ]
