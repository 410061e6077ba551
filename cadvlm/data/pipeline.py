"""Preparation on Ray Data: design files to a dataset folder, on all the cluster's processors.

A *shard* is the unit of everything: of work, of writing and of resuming. Shards stream through
three stages with back-pressure, so the driver only ever sees receipts, and a run that was killed
goes on with the shards that have none.
"""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import cadvlm
from cadvlm.config.data import PrepareConfig
from cadvlm.data.sources import reader
from cadvlm.data.stages import SHARDS, Builder, Shard, read, write
from cadvlm.dataset import SPLITS
from cadvlm.errors import ConfigError, RunFailed
from cadvlm.progress import Progress
from cadvlm.storage import Folder

CONFIG = "config.json"
"""Written first: whose folder this is."""

# A core is shared by one reader or writer, which mostly waits for storage, and one builder.
_BUILDER_CPUS = 0.75
_LIGHT_CPUS = 0.25


def prepare(config: PrepareConfig) -> dict[str, Any]:
    """Make the dataset folder and return its manifest. Needs a Ray session.

    Raises:
        ConfigError: the folder holds a dataset that other settings made.
        InputError: a source is not there or empty.
        RunFailed: work stopped midway; what is finished is kept.
    """
    out = Folder(config.out)
    _claim(out, config)
    if out.exists("manifest.json"):
        return dict(out.read_json("manifest.json"))
    shards = list(plan(config))
    done = {name.removesuffix(".json") for name in (out / SHARDS).names(".json")}
    _run([shard for shard in shards if shard["name"] not in done], len(shards), config)
    manifest = _manifest(config, out, [shard["name"] for shard in shards])
    for name, books in manifest["sources"].items():
        if books["read"] != books["written"] + books["quarantined"]:
            raise RunFailed(f"{name}: rows were lost: {books}")
    out.write_json("manifest.json", manifest)
    return manifest


def plan(config: PrepareConfig) -> Iterator[Shard]:
    """Every shard of every source, named after source and position."""
    for number, source in enumerate(config.sources):
        for index, items in enumerate(reader(source.name).shards(source, config.shard_rows)):
            name = f"{number:02}-{source.name}-{index:06}"
            yield {"name": name, "source": number, "items": list(items)}


def _claim(out: Folder, config: PrepareConfig) -> None:
    mine = config.model_dump(mode="json", exclude={"out"})
    if not out.exists(CONFIG):
        out.write_json(CONFIG, mine)
        return
    theirs = out.read_json(CONFIG)
    changed = [key for key in mine if mine[key] != theirs.get(key)]
    if changed:
        raise ConfigError(
            f"out: {out.uri} holds a dataset that was made with other {', '.join(changed)}; "
            "choose another folder, or remove this one"
        )


def _run(shards: list[Shard], total: int, config: PrepareConfig) -> None:
    if not shards:
        return
    import ray
    import ray.data
    from ray.exceptions import RayError

    cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
    pool = ray.data.ActorPoolStrategy(size=min(cores, len(shards)))
    finished = (
        ray.data.from_items(shards, override_num_blocks=len(shards))
        .map(read, fn_kwargs={"config": config}, num_cpus=_LIGHT_CPUS)
        .map(Builder, fn_constructor_args=(config,), compute=pool, num_cpus=_BUILDER_CPUS)
        .map(write, fn_kwargs={"config": config}, num_cpus=_LIGHT_CPUS)
    )
    parts = quarantined = 0
    with Progress("prepare", total, "shards", done=total - len(shards)) as progress:
        try:
            for receipt in finished.iter_rows():
                parts += receipt["read"]
                quarantined += receipt["quarantined"]
                progress.advance(note=f"{parts} parts, {quarantined} in quarantine")
        except RayError as error:
            raise RunFailed(
                f"prepare stopped: {str(error).strip().splitlines()[-1]}; {progress.done} of "
                f"{total} shards are kept in {config.out}, the same command goes on with the rest"
            ) from error


def _manifest(config: PrepareConfig, out: Folder, names: list[str]) -> dict[str, Any]:
    receipts = {name: out.read_json(f"{SHARDS}/{name}.json") for name in names}
    content = hashlib.sha256("".join(r["content"] for r in receipts.values()).encode())
    splits = _total(receipts, "splits")
    return {
        "config": config.model_dump(mode="json"),
        "versions": {
            "cadvlm": cadvlm.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("ray", "cadquery", "pyarrow")},
        },
        "splits": {split: splits[split] for split in SPLITS},
        "sources": {
            f"{number:02}-{source.name}": _account(
                {n: r for n, r in receipts.items() if n.startswith(f"{number:02}-")}
            )
            for number, source in enumerate(config.sources)
        },
        "statistics": {
            key: dict(sorted(_total(receipts, key).items(), key=_order))
            for key in ("operations", "n_faces", "n_tokens")
        },
        "content_hash": content.hexdigest(),
    }


def _account(receipts: dict[str, Any]) -> dict[str, Any]:
    """One source's books: read = written + quarantined."""
    books = {
        key: sum(receipt[key] for receipt in receipts.values())
        for key in ("read", "written", "quarantined")
    }
    return {**books, "reasons": dict(_total(receipts, "reasons").most_common())}


def _total(receipts: dict[str, Any], key: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for receipt in receipts.values():
        total.update(receipt[key])
    return total


def _order(item: tuple[str, int]) -> tuple[float, str]:
    """Numbers by value, words by frequency."""
    key, count = item
    return (float(key), "") if key.isdigit() else (-count, key)
